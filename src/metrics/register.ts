import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Counters } from "../core/counters.ts";
import { type BuildInfo, type HistogramDefinition, metricDefinitions, type ValueDefinition } from "./definitions.ts";

/**
 * Puts the metrics of a run into a registry of prom-client. The values are copied from the counters at each scrape;
 * nothing is done in between. Two runs of one process need a registry each.
 *
 * @throws {Error} prom-client's, when the registry has metrics of these names already
 */
export function registerMetrics(registry: Registry, counters: Counters, build: BuildInfo): void {
  for (const definition of metricDefinitions(build)) {
    if (definition.type === "histogram") registerHistogram(registry, counters, definition);
    else registerValues(registry, counters, definition);
  }
}

function registerValues(registry: Registry, counters: Counters, definition: ValueDefinition): void {
  const { name, help, type, labels: labelNames, read } = definition;
  const options = { name, help, labelNames, registers: [registry] };
  if (type === "gauge") {
    new Gauge({
      ...options,
      collect() {
        this.reset();
        for (const [labels, value] of read(counters)) this.set(labels, value);
      },
    });
    return;
  }
  new Counter({
    ...options,
    collect() {
      this.reset();
      for (const [labels, value] of read(counters)) this.inc(labels, value);
    },
  });
}

function registerHistogram(registry: Registry, counters: Counters, definition: HistogramDefinition): void {
  const { name, help, bounds, read } = definition;
  let copied = 0;
  new Histogram({
    name,
    help,
    registers: [registry],
    buckets: [...bounds],
    collect() {
      if (copied === 0) this.zero({});
      for (const value of read(counters).slice(copied)) this.observe(value);
      copied = read(counters).length;
    },
  });
}
