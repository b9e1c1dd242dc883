import { systemClock } from "../core/clock.ts";
import { silentLogger } from "../core/logger.ts";
import { load } from "../core/registry.ts";
import { providerFacts, providerIdentity } from "./facts.ts";
import { providers } from "./index.ts";
import type { Provider, ProviderSettings } from "./provider.ts";

/** What is known of a provider without a word to it. */
export type KnownFacts = Pick<Provider, "identity" | "limits">;

/**
 * The facts of a provider that the settings name. One that a plug-in has brought is made for it, and let go of.
 *
 * @throws {ConfigurationError} for a name that is not known, and for an address that is none
 */
export async function factsOf(name: string, settings: Partial<Pick<ProviderSettings, "baseUrl">>): Promise<KnownFacts> {
  const { baseUrl } = settings;
  const isEmbedded = name === "emulator" && baseUrl === undefined;
  if (isShipped(name)) {
    return { identity: providerIdentity(name, { baseUrl, isEmbedded }), limits: providerFacts[name].limits };
  }
  const create = await load("provider", providers, name);
  const { signal } = new AbortController();
  const provider = create({ baseUrl, apiKey: "none", isEmbedded, log: silentLogger, clock: systemClock, signal });
  const { identity, limits } = provider;
  await provider.close();
  return { identity, limits };
}

function isShipped(name: string): name is keyof typeof providerFacts {
  return Object.hasOwn(providerFacts, name);
}
