import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { Counters } from "../../src/core/counters.ts";
import { metricDefinitions } from "../../src/metrics/definitions.ts";
import { registerMetrics } from "../../src/metrics/register.ts";
import { lint, parseExposition, seriesValue } from "./exposition.ts";

const BUILD = { version: "1.2.3", node: "v24.0.0" };

function registered(counters = new Counters()) {
  const registry = new Registry();
  registerMetrics(registry, counters, BUILD);
  return { counters, registry, scrape: async () => parseExposition(await registry.metrics()) };
}

const BATCH = { batchId: "batch_1", requests: 5, completed: 0, failed: 0, tokens: 50, submittedAt: 1_000 };

/** Counters with something of everything. */
function filled(): Counters {
  const counters = new Counters();
  counters.run = { pipeline: "grade", provider: "openai", model: 'mo"del\\1', isPriced: true };
  counters.stage("read").rows.out = 7;
  counters.stage("read").bytes.in = 99;
  counters.rowsRead = 7;
  counters.rowsAnswered = 4;
  counters.rowsAnsweredBefore = 1;
  counters.rowsWritten = 5;
  counters.countFailure("refused");
  counters.countRetry("expired");
  counters.tokensEstimated = 30;
  counters.costEstimated = 1_500_000_000_000n;
  counters.countBilled({ usage: { input: 3, cached: 2, output: 4, reasoning: 1 }, cost: 250_000_000_000n }, true);
  counters.batches.submitted({ ...BATCH, name: "a", status: "validating" });
  counters.batches.submitted({ ...BATCH, name: "b", status: "validating" });
  counters.batches.seen({ ...BATCH, name: "b", status: "in_progress" });
  counters.batches.ended({ ...BATCH, name: "a", status: "completed" }, 31_000);
  counters.apiCalls.add({ operation: "create_batch", code: "200" });
  counters.lastSuccessAt = 5_500;
  return counters;
}

test("every metric keeps to the rules of names and of the format, empty and filled", async () => {
  for (const counters of [new Counters(), filled()]) {
    const families = await registered(counters).scrape();
    expect(lint(families)).toEqual([]);
    expect(families.map(({ name }) => name)).toEqual(metricDefinitions(BUILD).map(({ name }) => name));
  }
});

test("the values are those of the counters", async () => {
  const { registry } = registered(filled());
  const text = await registry.metrics();
  for (const line of [
    'bgpipe_stage_rows_total{stage="read",direction="out"} 7',
    'bgpipe_stage_bytes_total{stage="read",direction="in"} 99',
    'bgpipe_rows_finished_total{outcome="answered"} 3',
    'bgpipe_rows_finished_total{outcome="reused"} 1',
    'bgpipe_rows_finished_total{outcome="failed"} 1',
    'bgpipe_rows_failed_total{code="refused"} 1',
    "bgpipe_rows_in_flight 2",
    'bgpipe_tokens_total{model="mo\\"del\\\\1",direction="input",source="estimated"} 30',
    'bgpipe_tokens_total{model="mo\\"del\\\\1",direction="cached",source="billed"} 2',
    'bgpipe_cost_usd_total{model="mo\\"del\\\\1",source="estimated"} 1.5',
    'bgpipe_cost_usd_total{model="mo\\"del\\\\1",source="billed"} 0.25',
    'bgpipe_retries_total{reason="expired"} 1',
    'bgpipe_batches{status="in_progress"} 1',
    'bgpipe_batches_total{status="submitted"} 2',
    'bgpipe_batches_total{status="completed"} 1',
    'bgpipe_batch_duration_seconds_bucket{le="10"} 0',
    'bgpipe_batch_duration_seconds_bucket{le="60"} 1',
    "bgpipe_batch_duration_seconds_sum 30",
    'bgpipe_api_requests_total{operation="create_batch",code="200"} 1',
    'bgpipe_last_success_timestamp_seconds{pipeline="grade"} 5.5',
    'bgpipe_build_info{version="1.2.3",node="v24.0.0"} 1',
  ]) {
    expect(text.split("\n")).toContain(line);
  }
});

test("scraping twice counts nothing twice, and a status that is over is gone", async () => {
  const { counters, registry, scrape } = registered(filled());
  expect(await registry.metrics()).toBe(await registry.metrics());
  counters.batches.ended({ ...BATCH, name: "b", status: "expired" }, 61_000);
  const families = await scrape();
  expect(seriesValue(families, 'bgpipe_batches{status="in_progress"}')).toBeUndefined();
  expect(seriesValue(families, "bgpipe_batch_duration_seconds_count")).toBe(2);
});

test("what is not known is absent: the cost of an unpriced model, or with a reply that has none", async () => {
  const unpriced = filled();
  unpriced.run = { pipeline: "grade", provider: "openai", model: "m", isPriced: false };
  expect(await registered(unpriced).registry.metrics()).not.toContain("bgpipe_cost_usd_total{");
  const partly = filled();
  partly.countBilled({ usage: { input: 1, cached: 0, output: 1, reasoning: 0 }, cost: undefined }, true);
  const text = await registered(partly).registry.metrics();
  expect(text).toContain('source="estimated"} 1.5');
  expect(text).not.toMatch(/bgpipe_cost_usd_total\{[^}]*billed/);
});

test("the backpressure that goes on now counts", async () => {
  const { counters, scrape } = registered();
  const { blocked } = counters.stage("write");
  blocked.start();
  const before = performance.now();
  while (performance.now() - before < 2);
  expect(seriesValue(await scrape(), 'bgpipe_backpressure_seconds_total{stage="write"}')).toBeGreaterThanOrEqual(0.002);
});

test("control: the linter sees what is wrong", () => {
  const text = '# HELP bgpipe_x things\n# TYPE bgpipe_x counter\nbgpipe_x{a="b"} 1\nbgpipe_x{a="b"} NaN\nbgpipe_y 1\n';
  expect(lint(parseExposition(text))).toHaveLength(4);
  expect(() => parseExposition("bgpipe_x 1\n")).toThrow();
  expect(() => parseExposition("# TYPE bgpipe_x counter\n")).toThrow();
});
