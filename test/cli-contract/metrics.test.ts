import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import type { Summary } from "../../src/report/summary.ts";
import { type Family, keyOf, lint, parseExposition, seriesValue, totalOf } from "../metrics/exposition.ts";
import { jsonl, linesOf, numbered, Sandbox, startExternal, until } from "./support.ts";

const MODEL = "gpt-4.1-mini";
const ROWS = [
  ...numbered(40),
  { response: "[[emulator:status=400]]" },
  { response: "[[emulator:status=500]]" },
  { grade: undefined, other: "no response here" },
];

type JsonSummary = Omit<Summary, "cost"> & {
  readonly cost: { readonly estimated_usd: number; readonly billed_usd: number };
};

function summaryOf(sandbox: Sandbox): JsonSummary {
  return JSON.parse(sandbox.read("summary.json"));
}

function expectEqual(families: readonly Family[], { rows, requests, tokens, cost, ...summary }: JsonSummary): void {
  const finished = (outcome: string) => seriesValue(families, `bgpipe_rows_finished_total{outcome="${outcome}"}`) ?? 0;
  const counted = (stage: string, direction: string) =>
    seriesValue(families, `bgpipe_stage_rows_total{stage="${stage}",direction="${direction}"}`);
  const used = (direction: string, source: string) =>
    seriesValue(families, `bgpipe_tokens_total{model="${MODEL}",direction="${direction}",source="${source}"}`);
  const paid = (source: string) => seriesValue(families, `bgpipe_cost_usd_total{model="${MODEL}",source="${source}"}`);
  expect(lint(families)).toEqual([]);
  expect([counted("read", "out"), counted("write", "out")]).toEqual([rows.read, rows.written]);
  expect([finished("answered") + finished("reused"), finished("reused")]).toEqual([rows.answered, requests.reused]);
  expect(finished("failed")).toBe(rows.failed);
  for (const [code, count] of Object.entries(rows.failed_by_code)) {
    expect(seriesValue(families, `bgpipe_rows_failed_total{code="${code}"}`)).toBe(count);
  }
  expect(used("input", "estimated")).toBe(tokens.estimated_input);
  for (const direction of ["input", "cached", "output", "reasoning"] as const) {
    expect(used(direction, "billed")).toBe(tokens.billed?.[direction] ?? 0);
  }
  expect(paid("estimated")).toBeCloseTo(cost.estimated_usd, 12);
  expect(paid("billed")).toBeCloseTo(cost.billed_usd, 12);
  expect(seriesValue(families, 'bgpipe_batches_total{status="submitted"}') ?? 0).toBe(summary.batches_submitted);
  expect(totalOf(families, "bgpipe_retries_total")).toBe(requests.asked_again);
  expect(totalOf(families, "bgpipe_batches")).toBe(0);
  expect(seriesValue(families, "bgpipe_rows_in_flight")).toBe(0);
}

/** The address that a run serves its metrics at, as its JSON log has it. */
function servedAt(stderr: string): string | undefined {
  const events = stderr.split("\n").flatMap((line) => (line.startsWith("{") ? [JSON.parse(line)] : []));
  return events.find(({ msg }) => msg === "metrics.served")?.url;
}

function counterValues(families: readonly Family[]): ReadonlyMap<string, number> {
  const counters = families.filter(({ type }) => type === "counter");
  return new Map(counters.flatMap(({ samples }) => samples.map((sample) => [keyOf(sample), sample.value])));
}

test("a scrape during the run, and the file after it: the numbers are the summary's", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox, { batchSeconds: 1 });
  const observed = ["--metrics-port", "0", "--metrics-file", "m.prom", "--summary", "summary.json"];
  const flags = ["--chunk-rows", "10", "--max-batches", "2", "--retries", "1", "--log-file", "run.log"];
  sandbox.write("in.jsonl", jsonl(ROWS));
  const run = sandbox.start([...emulator.args, "in.jsonl", "-o", "out.jsonl", ...observed, ...flags], {
    env: emulator.env,
  });
  await until(() => servedAt(logOf(sandbox)) !== undefined, "the port");
  const url = servedAt(logOf(sandbox)) ?? "";
  const scrape = async () => parseExposition(await (await fetch(url)).text());
  let scraped: readonly Family[] = [];
  await until(async () => {
    scraped = await scrape();
    return totalOf(scraped, "bgpipe_batches") > 0;
  }, "a batch at work");
  const { status } = await run.ended;
  expect(status).toBe(1);
  expect(lint(scraped)).toEqual([]);
  const atEnd = parseExposition(sandbox.read("m.prom"));
  const last = counterValues(atEnd);
  for (const [series, value] of counterValues(scraped)) expect(last.get(series)).toBeGreaterThanOrEqual(value);
  expect(totalOf(scraped, "bgpipe_rows_in_flight")).toBeGreaterThan(0);
  expectEqual(atEnd, summaryOf(sandbox));
  expect(seriesValue(atEnd, 'bgpipe_last_success_timestamp_seconds{pipeline="grade"}')).toBeUndefined();
  expect(sandbox.files().filter((name) => name.includes("m.prom"))).toEqual(["m.prom"]);
});

function logOf(sandbox: Sandbox): string {
  return sandbox.files().includes("run.log") ? sandbox.read("run.log") : "";
}

test("what is reused is told apart, and the last success outlives its process", async () => {
  const sandbox = new Sandbox();
  const args = ["in.jsonl", "-o", "out.jsonl", "--metrics-file", "m.prom", "--summary", "summary.json"];
  const run = async (rows: readonly unknown[]) => {
    sandbox.write("in.jsonl", jsonl(rows));
    const { status } = await sandbox.grade([...args, "--model", MODEL, "--retries", "0"]);
    const families = parseExposition(sandbox.read("m.prom"));
    expectEqual(families, summaryOf(sandbox));
    return { status, success: seriesValue(families, 'bgpipe_last_success_timestamp_seconds{pipeline="grade"}') };
  };
  const first = await run(numbered(5));
  expect(first).toEqual({ status: 0, success: expect.any(Number) });
  expect(summaryOf(sandbox).requests.reused).toBe(0);
  const second = await run([...numbered(8), { response: "[[emulator:status=400]]" }]);
  expect(second.status).toBe(1);
  expect(Math.abs((second.success ?? 0) - (first.success ?? 0))).toBeLessThan(2);
  expect(summaryOf(sandbox)).toMatchObject({ requests: { reused: 5 }, rows: { answered: 8, failed: 1 } });
});

test("a Pushgateway is given the last word; one that is not there is a warning", async () => {
  const sandbox = new Sandbox();
  const bodies: string[] = [];
  const gateway = createServer(async (request, response) => {
    bodies.push(await text(request));
    response.end();
  });
  await new Promise<void>((resolve) => gateway.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void gateway.close());
  const address = gateway.address();
  const port = typeof address === "object" ? address?.port : 0;
  const stdin = jsonl(numbered(3));
  const flags = ["--model", MODEL, "--summary", "summary.json", "--metrics-push"];
  const pushed = await sandbox.grade([...flags, `http://127.0.0.1:${port}`], { stdin });
  expect([pushed.status, linesOf(pushed.stdout)]).toEqual([0, expect.objectContaining({ length: 3 })]);
  expectEqual(parseExposition(bodies.at(-1) ?? ""), summaryOf(sandbox));
  const alone = await sandbox.grade([...flags, "http://me:planted-secret@127.0.0.1:9", "--fresh"], { stdin });
  expect(alone.status).toBe(0);
  expect(alone.stderr).toMatch(/warning: metrics push_failed/);
  expect(alone.stderr + alone.stdout).not.toContain("planted-secret");
});

test("a place that cannot be written, a port that is taken and no address end the run before it begins", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const port = new URL(emulator.args[2] ?? "").port;
  const run = (...flags: readonly string[]) => sandbox.grade(flags, { stdin: jsonl(numbered(1)) });
  const ends = [
    await run("--metrics-file", "nowhere/m.prom"),
    await run("--metrics-port", port),
    await run("--metrics-push", "localhost:9091"),
  ];
  expect(ends.map(({ status }) => status)).toEqual([73, 73, 64]);
  expect(ends.map(({ stdout }) => stdout)).toEqual(["", "", ""]);
});
