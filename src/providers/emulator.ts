import { providerFacts, providerIdentity } from "./facts.ts";
import { OpenAiCompatibleProvider } from "./openai-compatible/adapter.ts";
import { requireBaseUrl } from "./openai-compatible/dialect.ts";
import type { Provider, ProviderSettings } from "./provider.ts";

/** The emulator, embedded in this process or started with `bg-pipe emulate`. It needs no key. */
export function createEmulatorProvider(settings: ProviderSettings): Provider {
  return new OpenAiCompatibleProvider(
    {
      name: "emulator",
      identity: providerIdentity("emulator", settings),
      baseUrl: requireBaseUrl("emulator", settings, "http://127.0.0.1:8787/v1"),
      limits: providerFacts.emulator.limits,
      takesExpiry: true,
      poll: { firstMs: 50, maxMs: 1_000, createTimeoutMs: 2_000, listLagMs: 2_500 },
    },
    settings,
  );
}
