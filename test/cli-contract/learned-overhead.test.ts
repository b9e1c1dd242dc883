import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { CountReport } from "../../src/report/count.ts";
import { summaryIn } from "./bills.ts";
import { type External, jsonl, numbered, type Sandbox as Place, Sandbox, startExternal } from "./support.ts";

const PLAIN = ["--system", "Say something.", "--user", "{{ response }}"];
/** What the provider lets each request cost beyond the formula: as for a schema that it lays out its own way. */
const OVERHEAD = 7;

/** Makes the books say so; the emulator itself bills by the formula. */
function billMore(sandbox: Place): void {
  const database = new DatabaseSync(`${sandbox.stateDirectory}/ledger.db`);
  database.exec(`UPDATE accounts SET input_tokens = input_tokens + ${OVERHEAD} * billed`);
  database.close();
}

function grade(sandbox: Place, emulator: External, args: readonly string[], rows = numbered(6)) {
  return sandbox.run([...emulator.args, ...PLAIN, ...args], { env: emulator.env, stdin: jsonl(rows) });
}

test("after a run, its summary says how far the estimate of the input was off", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const { stderr } = await grade(sandbox, emulator, ["--summary", "a.json"]);
  expect(stderr).toContain("          the estimate of the input is off by 0.00%\n");
  expect(summaryIn(sandbox, "a.json").tokens.input_error_percent).toBe(0);
  const again = await grade(sandbox, emulator, ["--summary", "b.json"]);
  expect(again.stderr).not.toContain("off by");
  expect(summaryIn(sandbox, "b.json").tokens.input_error_percent).toBeNull();
  // Half of the batch was never billed.
  const lost = [...numbered(1, 50), { id: 2, response: "[[emulator:lose]]" }];
  await grade(sandbox, emulator, ["--retries", "0", "--summary", "c.json"], lost);
  expect(summaryIn(sandbox, "c.json").tokens.input_error_percent).toBeNull();
});

test("what was billed beyond the count is reckoned with from then on: in estimates, chunks, limits, and count", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const rows = numbered(6, 100);
  const dryRun = async (name: string) => {
    await grade(sandbox, emulator, ["--dry-run", "--max-output-tokens", "9", "--summary", name], rows);
    return summaryIn(sandbox, name);
  };
  const countRows = async (...args: readonly string[]): Promise<CountReport> => {
    const at = emulator.args.slice(1, 5);
    const flags = [...PLAIN, "--max-output-tokens", "9", "--json", ...args];
    const { stdout } = await sandbox.run(["count", ...at, ...flags], { stdin: jsonl(rows) });
    return JSON.parse(stdout);
  };
  await grade(sandbox, emulator, []);
  const [plan, counted] = [await dryRun("before.json"), await countRows()];
  const tokens = plan.tokens.estimated_input;
  expect(counted).toMatchObject({ overhead_tokens: 0, total: { tokens: { total: tokens } } });
  billMore(sandbox);

  const learned = await dryRun("after.json");
  expect(learned.tokens.estimated_input).toBe(tokens + 6 * OVERHEAD);
  expect(learned.cost.estimated_usd).toBeGreaterThan(plan.cost.estimated_usd ?? 0n);
  const recounted = await countRows("--chunk-tokens", `${tokens}`);
  expect(recounted).toMatchObject({ overhead_tokens: OVERHEAD, total: { tokens: counted.total.tokens, chunks: 2 } });

  const limit = ["--token-limit", `${tokens}`, "--summary", "limited.json"];
  expect((await grade(sandbox, emulator, limit, rows)).status).toBe(76);
  const { requests } = summaryIn(sandbox, "limited.json");
  expect(requests.refused).toBeGreaterThan(0);
  expect(requests.asked + requests.refused).toBe(6);

  // What is learned next is not on top of it.
  await grade(sandbox, emulator, ["--fresh"], rows);
  const database = new DatabaseSync(`${sandbox.stateDirectory}/ledger.db`);
  database.exec(`UPDATE accounts SET input_tokens = input_tokens + ${OVERHEAD} * billed WHERE overhead_tokens > 0`);
  database.close();
  expect((await countRows()).overhead_tokens).toBe(OVERHEAD);
  expect(JSON.parse((await sandbox.run(["costs", "--json"])).stdout).all_time.input_error_percent).toBeLessThan(0);
});
