import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { CostFigures } from "../../src/report/costs.ts";
import { Bill, costsOf, sumOf } from "./bills.ts";
import { startRun } from "./ledger-support.ts";
import { type External, jsonl, numbered, type Sandbox as Place, Sandbox, startExternal } from "./support.ts";

const PLAIN = ["--system", "Say something.", "--user", "{{ response }}"];
const DAY_MS = 86_400_000;

async function spend(sandbox: Place, emulator: External, args: readonly string[] = [], rows = numbered(6)) {
  const options = { env: emulator.env, stdin: jsonl(rows) };
  const { status, stderr } = await sandbox.run([...emulator.args, ...PLAIN, ...args], options);
  expect([status, stderr]).toEqual([0, expect.stringContaining("rows ")]);
}

/** Lets what is in the books have happened so many days ago. */
function age(sandbox: Place, days: number): void {
  const database = new DatabaseSync(`${sandbox.stateDirectory}/ledger.db`);
  database.exec(`UPDATE chunks SET changed_at = changed_at - ${days * DAY_MS}`);
  database.exec(`UPDATE runs SET ended_at = ended_at - ${days * DAY_MS}`);
  database.close();
}

function day(daysAgo: number): string {
  return new Date(Date.now() - daysAgo * DAY_MS).toISOString().slice(0, 10);
}

/** Every sum that a part of the whole has. */
function sums(parts: readonly CostFigures[] = []) {
  const total = (of: (part: CostFigures) => number | null) => parts.reduce((sum, part) => sum + (of(part) ?? 0), 0);
  return {
    batches: total((part) => part.batches),
    requests: total((part) => part.requests),
    input_tokens: total((part) => part.input_tokens),
    output_tokens: total((part) => part.output_tokens),
    total_tokens: total((part) => part.total_tokens),
    estimated_input_tokens: total((part) => part.estimated_input_tokens),
    cost_usd: sumOf(parts),
  };
}

test("without a ledger it says so, and makes none", async () => {
  const sandbox = new Sandbox();
  const { status, stdout, stderr } = await sandbox.run(["costs"]);
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toContain(`There is no ledger in ${sandbox.stateDirectory}`);
  expect(await costsOf(sandbox)).toMatchObject({ ledger: false, all_time: { batches: 0, cost_usd: 0n } });
  expect(existsSync(sandbox.stateDirectory)).toBe(false);
});

test("however it is broken down, it adds up to the bill, estimate beside actual", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  await spend(sandbox, emulator, ["--chunk-rows", "2"]);
  await spend(sandbox, emulator, ["--model", "gpt-5-mini", "--max-output-tokens", "50"]);
  const bill = new Bill(sandbox);
  const all = await costsOf(sandbox);
  const whole = sums([all.all_time]);
  expect(whole).toMatchObject({ batches: 4, requests: 12, cost_usd: bill.cost });
  expect(whole).toMatchObject({ input_tokens: bill.tokens.input, output_tokens: bill.tokens.output });
  for (const by of ["day", "model", "run", "provider", "key"] as const) {
    const report = await costsOf(sandbox, "--by", by);
    expect([by, sums(report[`by_${by}`])]).toEqual([by, whole]);
    expect(Object.keys(report).filter((name) => name.startsWith("by_"))).toEqual([`by_${by}`]);
  }
  // The emulator counts as we do.
  expect(all.all_time).toMatchObject({ input_error_percent: 0, estimated_input_tokens: bill.tokens.input });
  expect(all.all_time.estimated_cost_usd).toBeGreaterThan(bill.cost);
  expect(all.by_run).toMatchObject([
    { run: 2, label: expect.stringContaining("gpt-5-mini"), requests: 6 },
    { run: 1, label: expect.stringContaining("gpt-4.1-mini"), batches: 3 },
  ]);
  expect((await costsOf(sandbox, "--by", "key")).by_key).toMatchObject([
    { api_key_id: expect.stringMatching(/^[0-9a-f]{8}$/) },
  ]);
});

test("today, the days, and a window are apart", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  await spend(sandbox, emulator);
  const before = new Bill(sandbox).cost;
  age(sandbox, 9);
  await spend(sandbox, emulator, ["--model", "gpt-5-mini"]);
  await spend(sandbox, emulator, ["--model", "gpt-5-mini"]);
  const { cost } = new Bill(sandbox);
  const { all_time: all, today, window, by_day: days } = await costsOf(sandbox, "--utc");
  expect([all.cost_usd, today.cost_usd, window]).toEqual([cost, cost - before, null]);
  expect(days).toMatchObject([
    { day: day(0), cost_usd: cost - before, reused_rows: 6, saved_usd: cost - before },
    { day: day(9), cost_usd: before, reused_rows: 0, saved_usd: 0n },
  ]);
  const old = await costsOf(sandbox, "--utc", "--since", day(10), "--until", day(9));
  expect(old.window).toMatchObject({ since: `${day(10)}T00:00:00.000Z`, until: `${day(8)}T00:00:00.000Z` });
  expect([old.window?.cost_usd, old.all_time.cost_usd, old.by_model?.length]).toEqual([before, cost, 1]);
  const recent = await costsOf(sandbox, "--since", "2d", "--by", "model");
  expect([recent.window?.cost_usd, recent.window?.until]).toEqual([cost - before, null]);
  expect(recent.by_model).toMatchObject([{ model: "gpt-5-mini", cost_usd: cost - before }]);
  const { stdout } = await sandbox.run(["costs", "--since", "2d"]);
  expect(stdout).toMatch(
    /^ +batches +requests +counted +input +error +cached +output +reasoning +saved +estimated +cost\n/,
  );
  expect(stdout).toContain("Saved in the window: 6 rows from the ledger, 0 equal to another.");
});

test("what is at the provider is said apart, while the run goes on", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox, { batchSeconds: 600 });
  const options = { stdin: jsonl(numbered(4)), env: emulator.env, batches: 2 };
  await startRun(sandbox, [...emulator.args, ...PLAIN, "--chunk-rows", "2"], options);
  const { all_time: all, under_way: underWay } = await costsOf(sandbox);
  expect([all.batches, all.cost_usd]).toEqual([0, 0n]);
  expect(underWay).toMatchObject({ batches: 2, requests: 4 });
  expect(underWay.estimated_input_tokens).toBeGreaterThan(0);
  expect(underWay.estimated_cost_usd).toBeGreaterThan(0n);
  const { stdout } = await sandbox.run(["costs"]);
  expect(stdout).toContain("Nothing has been billed yet.");
  expect(stdout).toContain("Under way: 2 batches with 4 requests, estimated at $");
});

test("a model without a price makes the sum unknown, and what is known is still told", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  await spend(sandbox, emulator);
  const known = new Bill(sandbox).cost;
  await spend(sandbox, emulator, ["--model", "mystery-1", "--encoding", "o200k_base"]);
  const { all_time: all, by_model: models } = await costsOf(sandbox);
  expect(all).toMatchObject({ cost_usd: null, known_cost_usd: known, unpriced_requests: 6, estimated_cost_usd: null });
  expect(models?.map(({ model, cost_usd: cost }) => [model, cost])).toEqual([
    ["gpt-4.1-mini", known],
    ["mystery-1", null],
  ]);
  const { stdout } = await sandbox.run(["costs"]);
  expect(stdout).toMatch(/^all time .* and 6 requests of unknown price$/m);
  expect(stdout).toMatch(/^mystery-1 .* unknown$/m);
});

test.each([
  ["a word", ["now"]],
  ["a day that is none", ["--since", "2026-02-30"]],
  ["a number without a unit", ["--since", "7"]],
  ["a window that ends before it begins", ["--since", "2026-11-02", "--until", "2026-11-01"]],
  ["a kind that is none", ["--by", "week"]],
])("refuses %s", async (_, args) => {
  const { status, stdout, stderr } = await new Sandbox().run(["costs", ...args]);
  expect([status, stdout]).toEqual([64, ""]);
  expect(stderr).toMatch(/^bg-pipe: /);
});
