import { packageVersion } from "../config/package-data.ts";
import { systemClock } from "../core/clock.ts";
import type { Counters } from "../core/counters.ts";
import { UsageError } from "../core/errors.ts";
import { writeFileDurably } from "../io/durable.ts";
import type { MetricsSink } from "../metrics/exporter.ts";
import type { PushTarget } from "../metrics/push.ts";
import type { Exposition } from "../metrics/serve.ts";
import type { CommandContext } from "./command.ts";
import { openInventory } from "./ledger-access.ts";

/** Metrics on their way out, until closed. */
export interface MetricsExport {
  /** Lets out what is so at the end. */
  close(): Promise<void>;
}

const EVERY_MS = 10_000;

/**
 * Gives the counters to whom the options name: a scraper, a file, a Pushgateway. Without any of them nothing is loaded.
 *
 * @throws {OutputError} when the port is taken, or the file cannot be written
 */
export async function exportMetrics(context: CommandContext, counters: Counters): Promise<MetricsExport> {
  const { metricsPort: port, metricsFile: path, metricsPush: address } = context.configuration.values;
  const target = address === undefined ? undefined : await targetOf(context, address);
  if (port === undefined && path === undefined && target === undefined) return { close: async () => {} };
  counters.lastSuccessAt = await lastSuccess(context);
  const exposition = await expose(counters);
  const server = port === undefined ? undefined : await serve(context, exposition, port);
  const sinks = await sinksOf(exposition, path, target);
  const { Exporter } = await import("../metrics/exporter.ts");
  const options = { everyMs: EVERY_MS, clock: systemClock, log: context.log };
  const exporters = sinks.map((sink) => new Exporter({ ...options, sink }));
  return {
    close: async () => {
      await Promise.all(exporters.map((exporter) => exporter.close()));
      await server?.close();
    },
  };
}

/** The password in the address is a secret. */
async function targetOf({ secrets }: CommandContext, address: string): Promise<PushTarget> {
  const { pushTarget } = await import("../metrics/push.ts");
  const password = URL.parse(address)?.password ?? "";
  if (password !== "") secrets.add(decodeURIComponent(password)).add(password);
  const target = pushTarget(address);
  if (target !== undefined) return target;
  throw new UsageError("--metrics-push takes the address of a Pushgateway", {
    hint: "Such as http://localhost:9091; a path like /metrics/job/NAME names the group.",
  });
}

async function expose(counters: Counters): Promise<Exposition> {
  const { Registry } = await import("prom-client");
  const { registerMetrics } = await import("../metrics/register.ts");
  const registry = new Registry();
  registerMetrics(registry, counters, { version: await packageVersion(), node: process.version });
  return { contentType: registry.contentType, text: () => registry.metrics() };
}

async function serve({ log }: CommandContext, exposition: Exposition, port: number) {
  const { serveMetrics } = await import("../metrics/serve.ts");
  const server = await serveMetrics(exposition, port);
  log.info("metrics.served", { url: server.url });
  return server;
}

async function sinksOf(exposition: Exposition, path: string | undefined, target: PushTarget | undefined) {
  const sinks: MetricsSink[] = [];
  if (path !== undefined) {
    const send = async () => writeFileDurably(path, await exposition.text());
    await send();
    sinks.push({ failure: "metrics.write_failed", send });
  }
  if (target === undefined) return sinks;
  const { pushMetrics } = await import("../metrics/push.ts");
  return [...sinks, { failure: "metrics.push_failed", send: () => pushMetrics(exposition, target) }];
}

/** Of any grade run on the ledger, so that the metric outlives its process. */
async function lastSuccess(context: CommandContext): Promise<number | undefined> {
  const inventory = await openInventory(context);
  try {
    const runs = inventory?.runs({ kind: "all" }) ?? [];
    const ends = runs.filter(({ pipeline, exitStatus }) => pipeline === "grade" && exitStatus === 0);
    return ends.reduce<number | undefined>(
      (last, { endedAt }) => Math.max(last ?? 0, endedAt ?? 0) || undefined,
      undefined,
    );
  } finally {
    inventory?.close();
  }
}
