import { createHash } from "node:crypto";
import { ConfigurationError, KeyRefusedError } from "../../core/errors.ts";
import { redact } from "../../core/redact.ts";
import type { BatchLimits, PollDefaults, ProviderSettings } from "../provider.ts";

/** What sets one OpenAI-compatible provider apart from another. */
export interface Dialect {
  readonly name: string;
  readonly identity: string;
  readonly baseUrl: string;
  readonly limits: BatchLimits;
  readonly poll: PollDefaults;
  /** Whether it can be told when to delete files. */
  readonly takesExpiry: boolean;
  /** Whether it looks at an upload for a while before a batch can be made of it. */
  readonly waitsForProcessing?: boolean;
  /** Headers beside the usual ones. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A provider at another address is another provider: its answers are its own. The address stands as a hash, because
 * gateways have tokens in their paths.
 *
 * @throws {ConfigurationError} for an address that is none, or holds a password
 */
export function identityOf(
  name: string,
  { baseUrl, isEmbedded }: Pick<ProviderSettings, "baseUrl" | "isEmbedded">,
  ownBaseUrl?: string,
): string {
  if (baseUrl === undefined || isEmbedded) return name;
  checkAddress(baseUrl);
  const address = baseUrl.replace(/\/+$/, "");
  if (address === ownBaseUrl) return name;
  return `${name}@${createHash("sha256").update(address).digest("hex").slice(0, 16)}`;
}

function checkAddress(baseUrl: string): void {
  const url = URL.parse(baseUrl);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new ConfigurationError(`--base-url is not an HTTP address: ${redact(baseUrl)}`, {
      hint: "Give it whole, such as https://gateway.example/v1.",
    });
  }
  if (url.username === "" && url.password === "") return;
  throw new ConfigurationError("--base-url holds a user name or password", {
    hint: "Leave it out; the key goes into OPENAI_API_KEY or the file of --api-key-file.",
  });
}

/** @throws {KeyRefusedError} when no key was given */
export function requireKey(name: string, { apiKey }: ProviderSettings): void {
  if (apiKey !== undefined && apiKey !== "") return;
  throw new KeyRefusedError(`there is no API key for ${name}`, {
    hint: "Set OPENAI_API_KEY, or name a file that holds the key with --api-key-file. To try without one: --provider emulator.",
  });
}

/** @throws {ConfigurationError} when no address was given */
export function requireBaseUrl(name: string, { baseUrl }: ProviderSettings, example: string): string {
  if (baseUrl !== undefined) return baseUrl;
  throw new ConfigurationError(`the provider ${name} has no address of its own`, {
    hint: `Give it with --base-url, such as ${example}.`,
  });
}
