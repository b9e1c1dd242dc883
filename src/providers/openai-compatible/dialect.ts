import { ConfigurationError, KeyRefusedError } from "../../core/errors.ts";
import type { ProviderSettings } from "../provider.ts";

/** A provider at another address is another provider: its answers are its own. */
export function identityOf(name: string, { baseUrl, isEmbedded }: ProviderSettings, ownBaseUrl?: string): string {
  if (baseUrl === undefined || isEmbedded) return name;
  const address = baseUrl.replace(/\/+$/, "");
  return address === ownBaseUrl ? name : `${name}@${address}`;
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
