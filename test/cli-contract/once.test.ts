import { expect, test } from "vitest";
import { jsonl, numbered, rowsOf, Sandbox, startExternal } from "./support.ts";

test("asked once: again, grown, equal rows, --fresh", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const grade = (args: readonly string[], rows: readonly unknown[]) =>
    sandbox.run([...emulator.args, "--chunk-rows", "20", ...args], { env: emulator.env, stdin: jsonl(rows) });
  const equal = [
    { id: 50, response: "text number 7" },
    { id: 51, response: "text number 7" },
  ];
  const rows = [...numbered(50), ...equal];

  const first = await grade([], rows);
  expect(first.status).toBe(0);
  expect(await emulator.billing()).toMatchObject({ requests: 50, distinct: 50 });
  const written = rowsOf(first.stdout);
  expect(written).toHaveLength(52);
  expect(written[50]?.grade).toEqual(written[7]?.grade);
  expect(written[51]?.grade).toEqual(written[7]?.grade);
  const posts = await emulator.posts();

  const second = await grade([], rows);
  expect(second).toMatchObject({ status: 0, stdout: first.stdout });
  expect(await emulator.posts()).toBe(posts);

  const grown = await grade([], [...rows, ...numbered(5, 100)]);
  expect(grown.status).toBe(0);
  expect(grown.stdout.startsWith(first.stdout)).toBe(true);
  expect(rowsOf(grown.stdout)).toHaveLength(57);
  expect(await emulator.billing()).toMatchObject({ requests: 55, distinct: 55 });

  // A field that the prompt does not see is no part of the question.
  const renamed = await grade([], [{ other: true, response: "text number 3" }]);
  expect(rowsOf(renamed.stdout)[0]?.grade).toEqual(written[3]?.grade);
  expect(await emulator.billing()).toMatchObject({ requests: 55 });

  const fresh = await grade(["--fresh"], rows.slice(0, 10));
  expect(fresh.status).toBe(0);
  expect(await emulator.billing()).toMatchObject({ requests: 65, distinct: 55 });
});

test("failed rows are final too: what was refused is not asked again", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const options = { env: emulator.env, stdin: jsonl([{ response: "[[emulator:refuse]]" }, { response: "good" }]) };
  const first = await sandbox.run(emulator.args, options);
  const posts = await emulator.posts();
  const second = await sandbox.run(emulator.args, options);
  expect(second).toMatchObject({ status: 1, stdout: first.stdout });
  expect(await emulator.posts()).toBe(posts);
});

test("--dry-run says what would be asked, and asks nothing, also without a key", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const stdin = jsonl([...numbered(45), { id: 9, response: "text number 7" }, { nothing: 1 }]);
  const dry = () => sandbox.run([...emulator.args, "--chunk-rows", "20", "--dry-run"], { stdin });
  const { status, stdout, stderr } = await dry();
  expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
  expect(stderr).toMatch(/rows +47 read/);
  expect(stderr).toMatch(/requests +45/);
  expect(stderr).toMatch(/chunks +3/);
  expect(stderr).toMatch(/tokens +[\d,]+ input/);
  expect(await emulator.posts()).toBe(0);

  await sandbox.run([...emulator.args, "--chunk-rows", "20"], { stdin, env: emulator.env });
  expect((await dry()).stderr).toMatch(/requests +0 to ask/);
});

test("the answers of one provider, model or prompt are not taken for another's", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const stdin = jsonl([{ response: "same" }]);
  const grade = (...args: string[]) => sandbox.run([...emulator.args, ...args], { stdin, env: emulator.env });
  await grade();
  await grade("--model", "gpt-4.1");
  await grade("--system", "Other words.");
  expect(await emulator.billing()).toMatchObject({ requests: 3, distinct: 3 });
});
