import { identityOf } from "./openai-compatible/dialect.ts";
import type { BatchLimits, ProviderSettings } from "./provider.ts";

/** What is known of a provider without a word to it, and without its client, which is slow to load. */
export interface ProviderFacts {
  readonly limits: BatchLimits;
  /** Its own address; undefined for one that has to be told. */
  readonly baseUrl?: string;
}

/** The facts of every provider, by name. */
export const providerFacts = {
  /**
   * Sources: the Batch API guide and the API's specification (50,000 requests, 200 MB, taken as decimal); the guide
   * alone (2,000 batches per hour).
   */
  openai: {
    limits: { requestsPerBatch: 50_000, bytesPerBatch: 200_000_000, batchesPerHour: 2_000 },
    baseUrl: "https://api.openai.com/v1",
  },
  /** Source: Azure OpenAI's guide to batch (100,000 lines, 200 MB). */
  azure: { limits: { requestsPerBatch: 100_000, bytesPerBatch: 200_000_000 } },
  /** Source: console.groq.com/docs/batch (50,000 lines, 200 MB). */
  groq: {
    limits: { requestsPerBatch: 50_000, bytesPerBatch: 200_000_000 },
    baseUrl: "https://api.groq.com/openai/v1",
  },
  /** It keeps OpenAI's limits, so that a rehearsal meets them. */
  emulator: { limits: { requestsPerBatch: 50_000, bytesPerBatch: 200_000_000, batchesPerHour: 2_000 } },
} as const satisfies Readonly<Record<string, ProviderFacts>>;

/**
 * What makes a provider's answers its own, as `Provider.identity` has it.
 *
 * @throws {ConfigurationError} for an address that is none, or holds a password
 */
export function providerIdentity(
  name: keyof typeof providerFacts,
  settings: Pick<ProviderSettings, "baseUrl" | "isEmbedded">,
): string {
  const { baseUrl }: ProviderFacts = providerFacts[name];
  return identityOf(name, settings, baseUrl);
}
