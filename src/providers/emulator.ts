import { OpenAiCompatibleProvider } from "./openai-compatible/adapter.ts";
import { identityOf, requireBaseUrl } from "./openai-compatible/dialect.ts";
import type { Provider, ProviderSettings } from "./provider.ts";

/** The emulator keeps OpenAI's limits, so that a rehearsal meets them. */
const LIMITS = { requestsPerBatch: 50_000, bytesPerBatch: 200_000_000, batchesPerHour: 2_000 };

/** The emulator, embedded in this process or started with `bg-pipe emulate`. It needs no key. */
export function createEmulatorProvider(settings: ProviderSettings): Provider {
  return new OpenAiCompatibleProvider(
    {
      name: "emulator",
      identity: identityOf("emulator", settings),
      baseUrl: requireBaseUrl("emulator", settings, "http://127.0.0.1:8787/v1"),
      limits: LIMITS,
      takesExpiry: true,
      poll: { firstMs: 50, maxMs: 1_000, createTimeoutMs: 2_000, listLagMs: 2_500 },
    },
    settings,
  );
}
