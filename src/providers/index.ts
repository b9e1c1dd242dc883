import type { Provider, ProviderSettings } from "./provider.ts";

/** Every provider, by name. */
export const providers = {
  openai: () => import("./openai.ts").then((module) => module.createOpenAiProvider),
  azure: () => import("./azure.ts").then((module) => module.createAzureProvider),
  groq: () => import("./groq.ts").then((module) => module.createGroqProvider),
  emulator: () => import("./emulator.ts").then((module) => module.createEmulatorProvider),
} satisfies Record<string, () => Promise<(settings: ProviderSettings) => Provider>>;
