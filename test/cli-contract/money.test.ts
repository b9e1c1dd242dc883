import { expect, test } from "vitest";
import { Bill, costsOf, summaryIn, sumOf, usageEvents } from "./bills.ts";
import { type External, jsonl, numbered, type Sandbox as Place, Sandbox, startExternal } from "./support.ts";

const SCHEMA = JSON.stringify({
  type: "object",
  properties: { score: { type: "integer" }, reason: { type: "string" } },
  required: ["score", "reason"],
  additionalProperties: false,
});
const PLAIN = ["--system", "Say something.", "--user", "{{ response }}"];

function asked(...directives: readonly string[]): readonly { readonly response: string }[] {
  return directives.map((directive, index) => ({ response: `row ${index} [[emulator:${directive}]]` }));
}

/** The books, the events and the bill say the same, to the pico-dollar. */
async function expectSameMoney(sandbox: Place, bill: Pick<Bill, "cost" | "lines" | "tokens">): Promise<void> {
  const { all_time: costs } = await costsOf(sandbox);
  const events = usageEvents(sandbox);
  expect([costs.cost_usd, sumOf(events)]).toEqual([bill.cost, bill.cost]);
  expect(costs).toMatchObject({ requests: bill.lines.length, unpriced_requests: 0 });
  expect([costs.input_tokens, costs.output_tokens]).toEqual([bill.tokens.input, bill.tokens.output]);
  expect(new Set(events.map(({ chunk_id: id }) => id)).size).toBe(events.length);
  expect(costs.batches).toBe(events.length);
}

function runner(sandbox: Place, emulator: External) {
  return (args: readonly string[], rows: readonly unknown[], env: Readonly<Record<string, string>> = {}) =>
    sandbox.run([...emulator.args, ...args], { env: { ...emulator.env, ...env }, stdin: jsonl(rows) });
}

test("several models: each run, each model and each batch costs what the bill says", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const grade = runner(sandbox, emulator);
  const models = ["gpt-4.1-mini", "gpt-4.1", "gpt-5-mini", "gpt-4o-mini-2024-07-18"];
  for (const model of models) {
    const flags = ["--model", model, "--chunk-rows", "4", "--summary", `${model}.json`];
    expect((await grade(flags, numbered(10))).status).toBe(0);
  }
  const embedding = ["--endpoint", "/v1/embeddings", "--model", "text-embedding-3-small", "--max-cost", "1"];
  expect((await grade([...embedding, "--summary", "embedding.json"], numbered(3))).status).toBe(0);

  const bill = new Bill(sandbox);
  await expectSameMoney(sandbox, bill);
  const { by_model: byModel, by_run: byRun, by_day: byDay } = await costsOf(sandbox);
  for (const { model, cost_usd: cost } of byModel ?? []) {
    expect([model, cost]).toEqual([model, bill.costOf((line) => line.model === model)]);
  }
  expect([byModel?.length, sumOf(byRun ?? []), sumOf(byDay ?? [])]).toEqual([5, bill.cost, bill.cost]);
  for (const event of usageEvents(sandbox)) {
    expect(event.cost_usd).toBe(bill.costOf((line) => line.batch_id === event.batch_id));
  }
  for (const model of models) {
    const { cost, tokens } = summaryIn(sandbox, `${model}.json`);
    expect(cost.billed_usd).toBe(bill.costOf((line) => line.model === model));
    // The emulator counts as we do.
    expect(tokens.billed?.input).toBe(tokens.estimated_input);
  }
  const { cost } = summaryIn(sandbox, "embedding.json");
  expect([cost.estimated_usd, cost.billed_usd]).toEqual(
    Array(2).fill(bill.costOf(({ model }) => model.startsWith("text-"))),
  );
});

test("retries, refusals, answers cut off or asked again with a reason, equal rows: all of it, and each once", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const grade = runner(sandbox, emulator);
  sandbox.write("schema.json", SCHEMA);
  const rows = [
    ...numbered(6),
    ...numbered(3),
    ...asked("status=500,times=2", "status=429,times=1", "status=400", "refuse", "content_filter"),
    ...asked(
      "invalid_answer,times=1",
      "invalid_answer,times=2",
      "cut_off,times=1",
      "invalid_answer",
      "status=0,times=1",
    ),
  ];
  const flags = ["--schema", "schema.json", "--chunk-rows", "5", "--retries", "3"];
  const first = await grade([...flags, "--summary", "first.json"], rows);
  expect(first.status).toBe(1);
  const bill = new Bill(sandbox);
  await expectSameMoney(sandbox, bill);
  expect(summaryIn(sandbox, "first.json").cost.billed_usd).toBe(bill.cost);
  expect(summaryIn(sandbox, "first.json").requests).toMatchObject({ asked: 16, shared: 3, refused: 0 });

  // What is only read again costs nothing; what it would have cost is saved.
  const second = await grade([...flags, "--summary", "second.json"], rows);
  expect(second).toMatchObject({ status: 1, stdout: first.stdout });
  const { billed_usd: billed, saved_usd: saved } = summaryIn(sandbox, "second.json").cost;
  expect([billed, new Bill(sandbox).cost]).toEqual([0n, bill.cost]);
  expect(saved).toBeGreaterThan(0n);
  const { all_time: all } = await costsOf(sandbox);
  expect(all.saved_usd).toBe((saved ?? 0n) + (summaryIn(sandbox, "first.json").cost.saved_usd ?? 0n));
  expect(all.shared_rows).toBe(6);
});

test("a request asked again after it was answered, and answered by another row, saves its cost", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const grade = runner(sandbox, emulator);
  const rows = numbered(7);
  await grade([...PLAIN, "--summary", "a.json"], [...rows, ...rows]);
  const bill = new Bill(sandbox);
  expect(summaryIn(sandbox, "a.json").cost).toMatchObject({ billed_usd: bill.cost, saved_usd: bill.cost });
  await grade([...PLAIN, "--summary", "b.json"], rows);
  expect(summaryIn(sandbox, "b.json").cost).toMatchObject({ billed_usd: 0n, saved_usd: bill.cost });
  expect((await costsOf(sandbox, "--by", "run")).by_run).toMatchObject([
    { run: 2, batches: 0, cost_usd: 0n, saved_usd: bill.cost, reused_rows: 7 },
    { run: 1, batches: 1, cost_usd: bill.cost, saved_usd: bill.cost, shared_rows: 7 },
  ]);
  await grade([...PLAIN, "--fresh", "--summary", "c.json"], rows);
  expect(summaryIn(sandbox, "c.json").cost).toMatchObject({ billed_usd: bill.cost, saved_usd: 0n });
  await expectSameMoney(sandbox, new Bill(sandbox));
});

test("on a bad day", async () => {
  const sandbox = new Sandbox();
  const names = ["line_doubled", "line_in_both_files", "line_foreign", "line_server_error", "line_invalid_answer"];
  const others = [
    "line_cut_off",
    "line_refusal",
    "batch_expires",
    "body_cut",
    "rate_limit",
    "reset_after",
    "counts_lie",
  ];
  const rates = Object.fromEntries([...names, ...others].map((name) => [name, 0.15]));
  const emulator = await startExternal(sandbox, { faults: { seed: 5, rates, seconds: 0.05 } });
  sandbox.write("schema.json", SCHEMA);
  sandbox.write("key", emulator.env["OPENAI_API_KEY"] ?? "");
  // As a provider of that name it is called again in milliseconds.
  const flags = ["--provider", "emulator", "--api-key-file", "key", "--schema", "schema.json"];
  const more = ["--chunk-rows", "8", "--retries", "9", "--summary", "summary.json"];
  const { status } = await runner(sandbox, emulator)([...flags, ...more], numbered(40));
  expect([0, 1]).toContain(status);
  const bill = new Bill(sandbox);
  expect(bill.lines.length).toBeGreaterThan(40);
  await expectSameMoney(sandbox, bill);
  expect(summaryIn(sandbox).cost.billed_usd).toBe(bill.cost);
});

test("a line that never came or cannot be read was paid, and nobody can know with what: that alone is missing", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const rows = [...numbered(3), ...asked("lose,times=1", "corrupt,times=1")];
  expect((await runner(sandbox, emulator)(PLAIN, rows)).status).toBe(0);
  const bill = new Bill(sandbox);
  expect([bill.lines.length, bill.distinct]).toEqual([7, 5]);
  const { all_time: costs } = await costsOf(sandbox);
  expect(costs.requests).toBe(5);
  expect(costs.cost_usd).toBe(sumOf(usageEvents(sandbox)));
  expect(costs.cost_usd).toBeLessThan(bill.cost);
});

test.each([
  ...["requests.record.before", "requests.record.after:2", "chunk.settled.before", "chunk.settled.after"],
  ...["usage.write.before", "usage.write.after", "usage.told.after", "output.rename.before", "call.create.after"],
])("killed at %s and run again", async (failpoint) => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const grade = runner(sandbox, emulator);
  const flags = [...PLAIN, "--chunk-rows", "3", "-o", "out.jsonl"];
  sandbox.write("in.jsonl", jsonl(numbered(8)));
  const killed = await grade(["in.jsonl", ...flags], [], { BG_PIPE_FAILPOINT: failpoint });
  expect(killed.status).toBe(137);
  expect((await grade(["in.jsonl", ...flags], [])).status).toBe(0);
  const bill = new Bill(sandbox);
  expect([bill.lines.length, bill.distinct]).toEqual([8, 8]);
  await expectSameMoney(sandbox, bill);
});

test("two processes at once, with rows in common", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const grade = runner(sandbox, emulator);
  const rows = [numbered(12), numbered(12, 6)];
  const flags = [...PLAIN, "--chunk-rows", "3"];
  const ends = await Promise.all(rows.map((some, index) => grade([...flags, "--summary", `${index}.json`], some)));
  expect(ends.map(({ status }) => status)).toEqual([0, 0]);
  const bill = new Bill(sandbox);
  expect([bill.lines.length, bill.distinct]).toEqual([18, 18]);
  await expectSameMoney(sandbox, bill);
  const billed = [0, 1].map((index) => summaryIn(sandbox, `${index}.json`).cost.billed_usd ?? 0n);
  expect(billed.reduce((sum, cost) => sum + cost, 0n)).toBe(bill.cost);
});

test("a live run killed before it asked tells of nothing that was not asked; what it asked are no batches", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const grade = runner(sandbox, emulator);
  sandbox.write("in.jsonl", jsonl(numbered(4)));
  const flags = [...PLAIN, "--mode", "live", "-o", "out.jsonl"];
  expect((await grade(["in.jsonl", ...flags], [], { BG_PIPE_FAILPOINT: "chunk.sealed.after" })).status).toBe(137);
  expect((await grade(["in.jsonl", ...flags], [])).status).toBe(0);
  expect(usageEvents(sandbox).map(({ requests }) => requests)).toEqual([4]);
  expect((await costsOf(sandbox)).all_time).toMatchObject({ batches: 0, requests: 4 });
});
