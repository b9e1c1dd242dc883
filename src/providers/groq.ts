import { providerFacts, providerIdentity } from "./facts.ts";
import { OpenAiCompatibleProvider } from "./openai-compatible/adapter.ts";
import { requireKey } from "./openai-compatible/dialect.ts";
import type { Provider, ProviderSettings } from "./provider.ts";

const { limits, baseUrl } = providerFacts.groq;

/** @throws {KeyRefusedError} without a key */
export function createGroqProvider(settings: ProviderSettings): Provider {
  requireKey("groq", settings);
  return new OpenAiCompatibleProvider(
    {
      name: "groq",
      identity: providerIdentity("groq", settings),
      baseUrl: settings.baseUrl ?? baseUrl,
      limits,
      // Its documentation names no expiry that a caller could set.
      takesExpiry: false,
      poll: { firstMs: 5_000, maxMs: 60_000, createTimeoutMs: 60_000, listLagMs: 60_000 },
    },
    settings,
  );
}
