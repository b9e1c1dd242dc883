import type { Registry } from "prom-client";
import type { Counters } from "../core/counters.ts";
import type { BuildInfo } from "./definitions.ts";

/**
 * Puts a run's metrics into a registry of prom-client, the user's own: the counters have to be those that the run is
 * given. prom-client is loaded only now.
 *
 * @throws {Error} prom-client's, when the registry has metrics of these names already
 */
export async function registerMetrics(registry: Registry, counters: Counters, build: BuildInfo): Promise<void> {
  const { registerMetrics: register } = await import("./register.ts");
  register(registry, counters, build);
}
