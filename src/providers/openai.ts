import { providerFacts, providerIdentity } from "./facts.ts";
import { OpenAiCompatibleProvider } from "./openai-compatible/adapter.ts";
import { requireKey } from "./openai-compatible/dialect.ts";
import type { Provider, ProviderSettings } from "./provider.ts";

const { limits, baseUrl } = providerFacts.openai;

/** @throws {KeyRefusedError} without a key */
export function createOpenAiProvider(settings: ProviderSettings): Provider {
  requireKey("openai", settings);
  return new OpenAiCompatibleProvider(
    {
      name: "openai",
      identity: providerIdentity("openai", settings),
      baseUrl: settings.baseUrl ?? baseUrl,
      limits,
      takesExpiry: true,
      poll: { firstMs: 5_000, maxMs: 60_000, createTimeoutMs: 60_000, listLagMs: 60_000 },
    },
    settings,
  );
}
