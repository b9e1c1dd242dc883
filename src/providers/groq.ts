import { OpenAiCompatibleProvider } from "./openai-compatible/adapter.ts";
import { identityOf, requireKey } from "./openai-compatible/dialect.ts";
import type { Provider, ProviderSettings } from "./provider.ts";

/** Source: console.groq.com/docs/batch (50,000 lines, 200 MB). It documents no expiry that a caller could set. */
const LIMITS = { requestsPerBatch: 50_000, bytesPerBatch: 200_000_000 };
const BASE_URL = "https://api.groq.com/openai/v1";

/** @throws {KeyRefusedError} without a key */
export function createGroqProvider(settings: ProviderSettings): Provider {
  requireKey("groq", settings);
  return new OpenAiCompatibleProvider(
    {
      name: "groq",
      identity: identityOf("groq", settings, BASE_URL),
      baseUrl: settings.baseUrl ?? BASE_URL,
      limits: LIMITS,
      takesExpiry: false,
      poll: { firstMs: 5_000, maxMs: 60_000, createTimeoutMs: 60_000, listLagMs: 60_000 },
    },
    settings,
  );
}
