import { OpenAiCompatibleProvider } from "./openai-compatible/adapter.ts";
import { identityOf, requireKey } from "./openai-compatible/dialect.ts";
import type { Provider, ProviderSettings } from "./provider.ts";

/**
 * Sources: the Batch API guide and the API's specification (50,000 requests, 200 MB, taken as decimal); the guide alone
 * (2,000 batches per hour).
 */
const LIMITS = { requestsPerBatch: 50_000, bytesPerBatch: 200_000_000, batchesPerHour: 2_000 };
const BASE_URL = "https://api.openai.com/v1";

/** @throws {KeyRefusedError} without a key */
export function createOpenAiProvider(settings: ProviderSettings): Provider {
  requireKey("openai", settings);
  return new OpenAiCompatibleProvider(
    {
      name: "openai",
      identity: identityOf("openai", settings, BASE_URL),
      baseUrl: settings.baseUrl ?? BASE_URL,
      limits: LIMITS,
      takesExpiry: true,
      poll: { firstMs: 5_000, maxMs: 60_000, createTimeoutMs: 60_000, listLagMs: 60_000 },
    },
    settings,
  );
}
