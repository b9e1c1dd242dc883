import { expect, test } from "vitest";
import { formatUsd } from "../../src/pricing/usd.ts";
import { Bill, summaryIn } from "./bills.ts";
import {
  codesOf,
  type External,
  jsonl,
  KEY,
  numbered,
  type Sandbox as Place,
  rowsOf,
  Sandbox,
  startExternal,
} from "./support.ts";

const ROWS = numbered(12);
const PLAIN = ["--system", "Say something.", "--user", "{{ response }}", "--summary", "summary.json"];
/** What no answer of the emulator is longer than. */
const BOUND = ["--max-output-tokens", "40"];
const OVER = "budget_exceeded";

function grade(
  sandbox: Place,
  emulator: External,
  args: readonly string[],
  {
    rows = ROWS,
    env = {},
  }: { readonly rows?: readonly unknown[]; readonly env?: Readonly<Record<string, string>> } = {},
) {
  const options = { env: { ...emulator.env, ...env }, stdin: jsonl(rows) };
  return sandbox.run([...emulator.args, ...PLAIN, ...args], options);
}

/** What a run without limits is billed. */
async function wholeBill(args: readonly string[] = [], rows: readonly unknown[] = ROWS): Promise<Bill> {
  const sandbox = new Sandbox();
  expect((await grade(sandbox, await startExternal(sandbox), args, { rows })).status).toBe(0);
  return new Bill(sandbox);
}

function percentOf(whole: bigint, percent: number): bigint {
  return (whole * BigInt(percent)) / 100n;
}

/** Every row is there, in its place, answered or left out for the budget. @returns how many were left out */
function leftOut(stdout: string, rows = ROWS): number {
  expect(rowsOf(stdout).map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
  const codes = codesOf(stdout);
  expect(codes.filter((code) => code !== null && code !== OVER)).toEqual([]);
  return codes.filter((code) => code === OVER).length;
}

test.each([
  { answers: "bounded", flags: BOUND, count: 12, percent: 70, leastUse: 50 },
  { answers: "bounded", flags: [...BOUND, "--chunk-rows", "1"], count: 40, percent: 35, leastUse: 50 },
  { answers: "of unknown length", flags: [], count: 80, percent: 60, leastUse: 30 },
  { answers: "of unknown length", flags: ["--chunk-rows", "7"], count: 120, percent: 40, leastUse: 30 },
])("--max-cost, answers $answers, $flags: never exceeded; a higher one asks for the rest only", async (given) => {
  const { flags, count, percent, leastUse } = given;
  const rows = numbered(count);
  const whole = await wholeBill(flags, rows);
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const cap = percentOf(whole.cost, percent);
  const capped = [...flags, "--max-cost", formatUsd(cap)];
  const first = await grade(sandbox, emulator, capped, { rows });
  expect(first.status).toBe(76);
  const bill = new Bill(sandbox);
  expect(bill.cost).toBeLessThanOrEqual(cap);
  // What answers are like is not known to the token: something is kept free for that.
  expect(bill.cost).toBeGreaterThan(percentOf(cap, leastUse));
  const refused = leftOut(first.stdout, rows);
  expect([bill.lines.length + refused, bill.distinct]).toEqual([count, bill.lines.length]);
  expect(rowsOf(first.stdout).find((row) => row.grade_error)?.grade_error?.message).toContain("--max-cost");
  expect(summaryIn(sandbox)).toMatchObject({
    requests: { refused },
    rows: { failed_by_code: { [OVER]: refused } },
    cost: { billed_usd: bill.cost },
    exit_status: 76,
  });

  // Another run, another budget: it takes what is there, and asks for the rest.
  const second = await grade(sandbox, emulator, [...flags, "--max-cost", "1"], { rows });
  expect([second.status, leftOut(second.stdout, rows)]).toEqual([0, 0]);
  expect(summaryIn(sandbox).requests).toMatchObject({ asked: refused, reused: count - refused });
  const total = new Bill(sandbox);
  expect([total.lines.length, total.distinct]).toEqual([count, count]);
});

test("--token-limit is never exceeded and nothing is left out that would fit; a higher one asks for the rest only", async () => {
  const whole = (await wholeBill()).tokens.input;
  const largest = Math.ceil(whole / ROWS.length) + 2;
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const limit = Math.floor(whole * 0.6);
  const first = await grade(sandbox, emulator, ["--token-limit", `${limit}`, "--chunk-rows", "2"]);
  expect(first.status).toBe(76);
  const { input } = new Bill(sandbox).tokens;
  expect(input).toBeLessThanOrEqual(limit);
  expect(limit - input).toBeLessThan(largest);
  const refused = leftOut(first.stdout);
  const second = await grade(sandbox, emulator, ["--token-limit", `${limit}`, "--chunk-rows", "2"]);
  expect([second.status, leftOut(second.stdout)]).toEqual([0, 0]);
  expect(summaryIn(sandbox).requests).toMatchObject({ asked: refused });
  expect(new Bill(sandbox).distinct).toBe(ROWS.length);
});

test("a limit that all of it fits in changes nothing", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const whole = await wholeBill(BOUND);
  const limits = ["--token-limit", `${whole.tokens.input}`, "--max-cost", "1"];
  const { status, stdout } = await grade(sandbox, emulator, [...BOUND, ...limits]);
  expect([status, leftOut(stdout), new Bill(sandbox).cost]).toEqual([0, 0, whole.cost]);
});

test("a limit of next to nothing asks nothing at all", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  for (const limit of [
    ["--max-cost", "0.000000000001"],
    ["--token-limit", "1"],
  ]) {
    const { status, stdout } = await grade(sandbox, emulator, [...BOUND, ...limit]);
    expect([status, leftOut(stdout)]).toEqual([76, ROWS.length]);
  }
  expect(await emulator.posts()).toBe(0);
});

test("a limit in money needs a price", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const unknown = ["--model", "mystery-1", "--encoding", "o200k_base", "--max-cost", "1"];
  const { status, stdout, stderr } = await grade(sandbox, emulator, unknown);
  expect([status, stdout, await emulator.posts()]).toEqual([78, "", 0]);
  expect(stderr).toContain('that of "mystery-1" is not known');
});

test("--on-error skip and --errors: what was left out for the budget is in the file", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const flags = [...BOUND, "--token-limit", "100", "--on-error", "skip", "--errors", "errors.jsonl"];
  const { status, stdout } = await grade(sandbox, emulator, flags);
  expect(status).toBe(76);
  const errors = sandbox.read("errors.jsonl");
  expect(codesOf(errors)).toEqual(codesOf(errors).map(() => OVER));
  expect([codesOf(stdout).length + codesOf(errors).length, codesOf(errors).length > 0]).toEqual([ROWS.length, true]);
});

test.each([1, 2, 3])("on a bad day (%d), second tries and all, it stays within", async (seed) => {
  const sandbox = new Sandbox();
  const names = [
    "line_server_error",
    "line_invalid_answer",
    "line_cut_off",
    "line_doubled",
    "batch_expires",
    "rate_limit",
  ];
  const rates = Object.fromEntries(names.map((name) => [name, 0.25]));
  const emulator = await startExternal(sandbox, { faults: { seed, rates, seconds: 0.05 } });
  sandbox.write("key", KEY);
  // As a provider of that name it is called again in milliseconds.
  const flags = [...BOUND, "--provider", "emulator", "--api-key-file", "key", "--chunk-rows", "3", "--retries", "9"];
  const cap = percentOf((await wholeBill(BOUND)).cost, 80);
  const { status, stdout } = await grade(sandbox, emulator, [...flags, "--max-cost", formatUsd(cap)]);
  expect(status).toBe(76);
  expect(rowsOf(stdout)).toHaveLength(ROWS.length);
  expect(codesOf(stdout)).toContain(OVER);
  expect(new Bill(sandbox).cost).toBeLessThanOrEqual(cap);
});

test.each(["call.create.after", "chunk.settled.before", "requests.record.after:2"])(
  "killed at %s and run again, both together stay within",
  async (failpoint) => {
    const sandbox = new Sandbox();
    const emulator = await startExternal(sandbox);
    const cap = percentOf((await wholeBill(BOUND)).cost, 75);
    sandbox.write("in.jsonl", jsonl(ROWS));
    const flags = ["in.jsonl", ...BOUND, "--chunk-rows", "2", "--max-cost", formatUsd(cap)];
    const killed = await grade(sandbox, emulator, flags, { rows: [], env: { BG_PIPE_FAILPOINT: failpoint } });
    expect(killed.status).toBe(137);
    const { status, stdout } = await grade(sandbox, emulator, flags, { rows: [] });
    expect(status).toBe(76);
    const refused = leftOut(stdout);
    const bill = new Bill(sandbox);
    expect(bill.cost).toBeLessThanOrEqual(cap);
    expect([bill.lines.length + refused, bill.distinct]).toEqual([ROWS.length, bill.lines.length]);
  },
);
