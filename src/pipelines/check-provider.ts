import { UsageError } from "../core/errors.ts";
import type { Chunk } from "../ledger/ledger.ts";

/**
 * Checks, before a key is asked for, that chunks are at the provider of that name.
 *
 * @throws {UsageError} naming the flags that one of them needs
 */
export function refuseOtherName(chunks: readonly Chunk[], name: string): void {
  const isRight = ({ provider }: Chunk) => providerName(provider) === name;
  const other = chunks.find((chunk) => !isRight(chunk));
  if (other === undefined) return;
  const flag = `--provider ${providerName(other.provider)}`;
  throw new UsageError(`run ${other.runId} has asked ${providerName(other.provider)}, not ${name}`, {
    hint: `Give ${flag}, and --base-url and key as that run had them.${rest(chunks.filter(isRight))}`,
  });
}

/**
 * Checks that chunks are at the provider of that identity.
 *
 * @throws {UsageError} saying what to do about the address
 */
export function refuseOtherAddress(chunks: readonly Chunk[], identity: string): void {
  const isRight = ({ provider }: Chunk) => provider === identity;
  const other = chunks.find((chunk) => !isRight(chunk));
  if (other === undefined) return;
  const name = providerName(identity);
  const isUsual = other.provider === name;
  const message = `run ${other.runId} has asked ${name} at ${isUsual ? "its usual address" : "another address"}`;
  const hint = isUsual ? "Leave --base-url and OPENAI_BASE_URL out." : "Give the --base-url that it was run with.";
  throw new UsageError(message, { hint: hint + rest(chunks.filter(isRight)) });
}

/** The name in a provider's identity. */
export function providerName(identity: string): string {
  return identity.split("@")[0] ?? identity;
}

/** What can be cancelled with the flags as they are. */
function rest(chunks: readonly Chunk[]): string {
  const runs = [...new Set(chunks.map(({ runId }) => runId))];
  return runs.length === 0 ? "" : ` With the flags given: bg-pipe cancel ${runs.join(" ")}.`;
}
