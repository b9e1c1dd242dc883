import { expect, test } from "vitest";
import { Bill, costsOf, summaryIn } from "./bills.ts";
import { jsonl, rowsOf, Sandbox, startExternal } from "./support.ts";

const SCHEMA = JSON.stringify({
  type: "object",
  properties: { score: { type: "integer" } },
  required: ["score"],
  additionalProperties: false,
});
const ROWS = [
  { response: "well" },
  // The emulator counts by model: each gives one wrong answer.
  { response: "wrong [[emulator:invalid_answer,times=1]]" },
  { response: "always wrong [[emulator:invalid_answer]]" },
];

test.each(["batch", "live"])("%s: what was answered badly is asked of the next model, at its price", async (mode) => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  sandbox.write("schema.json", SCHEMA);
  const flags = ["--mode", mode, "--schema", "schema.json", "--meta", "--summary", "summary.json"];
  sandbox.write("key", emulator.env["OPENAI_API_KEY"] ?? "");
  // As a provider of that name it is asked again in milliseconds.
  flags.push("--provider", "emulator", "--api-key-file", "key");
  const models = ["--escalate", "gpt-4.1,gpt-5-mini"];
  const run = () => sandbox.run([...emulator.args, ...flags, ...models], { env: emulator.env, stdin: jsonl(ROWS) });
  const { status, stdout } = await run();
  expect(status).toBe(1);
  const answeredBy = rowsOf(stdout).map(({ grade_meta: meta }) => (meta as { model: string }).model);
  expect(answeredBy).toEqual(["gpt-4.1-mini", "gpt-5-mini", "gpt-5-mini"]);

  const bill = new Bill(sandbox);
  // Three, two of them again, those again, and those a fourth time: the last model stays.
  expect(bill.lines.map(({ model }) => model).sort()).toEqual([
    ...Array(2).fill("gpt-4.1"),
    ...Array(3).fill("gpt-4.1-mini"),
    ...Array(4).fill("gpt-5-mini"),
  ]);
  if (mode === "batch") expect(summaryIn(sandbox).cost.billed_usd).toBe(bill.cost);
  const { by_model: byModel } = await costsOf(sandbox);
  expect(byModel?.map(({ model, requests }) => [model, requests]).sort()).toEqual([
    ["gpt-4.1", 2],
    ["gpt-4.1-mini", 3],
    ["gpt-5-mini", 4],
  ]);
  expect((await run()).stdout).toBe(stdout);
  expect(new Bill(sandbox).lines).toHaveLength(9);
});

test("--max-cost needs the price of every model", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const flags = ["--escalate", "model-of-ours", "--max-cost", "1"];
  const options = { env: emulator.env, stdin: jsonl(ROWS.slice(0, 1)) };
  expect((await sandbox.run([...emulator.args, ...flags], options)).status).toBe(78);
  expect(await emulator.posts()).toBe(0);
});
