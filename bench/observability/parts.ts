/**
 * What each part of watching costs by itself, in CPU milliseconds a second of a run: drawing every second, a scrape every
 * 5 seconds, and what the stages count for 2,000 rows in arrays of 256.
 *
 *     node bench/observability/parts.ts
 */
import { Registry } from "prom-client";
import { Counters, STAGES } from "../../src/core/counters.ts";
import { counted } from "../../src/core/stage-flow.ts";
import { registerMetrics } from "../../src/metrics/register.ts";
import { drawProgress } from "../../src/report/progress/draw.ts";
import { runProgress } from "../../src/report/progress/run-progress.ts";
import { paint } from "../../src/report/progress/styled-text.ts";

const TIMES = 2_000;
const counters = filled();
const registry = new Registry();
registerMetrics(registry, counters, { version: "0", node: process.version });
const step = counted(counters.stage("build"), (rows: readonly number[]) => rows);
const array = Array.from({ length: 256 }, (_, index) => index);

const draw = () => {
  const views = [runProgress(counters, { startedAt: 0, now: 60_000 })];
  return drawProgress(views, { columns: 120, rows: 40 }).map((line) => paint(line, true)).length;
};
const count = () => {
  const { blocked } = counters.stage("read");
  blocked.start();
  step(array);
  blocked.stop();
};
process.stdout.write("part | CPU ms each | a second of a run\n");
await report("draw", draw, 1);
await report("scrape", () => registry.metrics(), 0.2);
await report("count an array in a stage", count, (2_000 / 256) * STAGES.length);

async function report(name: string, work: () => unknown, perSecond: number): Promise<void> {
  for (let warm = 0; warm < TIMES; warm++) await work();
  const before = process.cpuUsage();
  for (let time = 0; time < TIMES; time++) await work();
  const { user, system } = process.cpuUsage(before);
  const each = (user + system) / 1_000 / TIMES;
  process.stdout.write(`${name} | ${each.toFixed(4)} | ${(each * perSecond).toFixed(3)} ms\n`);
}

/** As a run with all its batches in flight. */
function filled(): Counters {
  const full = new Counters();
  full.run = { pipeline: "grade", provider: "openai", model: "gpt-4.1-mini", isPriced: true };
  for (const stage of STAGES) full.stage(stage).bytes.in = 1_000_000;
  const batch = { requests: 5_000, completed: 1_200, failed: 3, tokens: 1_000_000, submittedAt: 0 };
  for (let index = 0; index < 70; index++) {
    const news = { ...batch, name: `chunk-${index}`, batchId: `batch_${index}`, status: "in_progress" };
    full.batches.submitted(news);
    if (index >= 20) full.batches.ended({ ...news, status: "completed" }, 60_000);
  }
  return full;
}
