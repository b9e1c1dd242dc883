import { providerFacts, providerIdentity } from "./facts.ts";
import { OpenAiCompatibleProvider } from "./openai-compatible/adapter.ts";
import { requireBaseUrl, requireKey } from "./openai-compatible/dialect.ts";
import type { Provider, ProviderSettings } from "./provider.ts";

/** Azure OpenAI by its v1 API; `--model` is the name of a batch deployment. */
export function createAzureProvider(settings: ProviderSettings): Provider {
  requireKey("azure", settings);
  return new OpenAiCompatibleProvider(
    {
      name: "azure",
      identity: providerIdentity("azure", settings),
      baseUrl: requireBaseUrl("azure", settings, "https://RESOURCE.openai.azure.com/openai/v1"),
      limits: providerFacts.azure.limits,
      takesExpiry: true,
      // Azure OpenAI's guide to batch: poll at least 60 s apart.
      poll: { firstMs: 60_000, maxMs: 120_000, createTimeoutMs: 60_000, listLagMs: 60_000 },
      // Azure OpenAI's guide to batch: wait for the status `processed` before the batch is created.
      waitsForProcessing: true,
      headers: { "api-key": settings.apiKey ?? "" },
    },
    settings,
  );
}
