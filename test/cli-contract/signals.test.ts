import { describe, expect, test } from "vitest";
import { jsonl, linesOf, numbered, rowsOf, Sandbox, STACK, startExternal, until } from "./support.ts";

describe("a signal", () => {
  test.for([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s ends with %d, says how to go on, and the same command goes on", async ([signal, status]) => {
    const sandbox = new Sandbox();
    const emulator = await startExternal(sandbox, { batchSeconds: 2 });
    const input = sandbox.write("rows.jsonl", jsonl(numbered(30)));
    const args = [...emulator.args, "--chunk-rows", "10", input, "-o", "out.jsonl"];
    const run = sandbox.start(args, { env: emulator.env });
    await until(async () => ((await emulator.calls())["POST /v1/batches"] ?? 0) >= 3, "three batches");
    const signalled = Date.now();
    run.kill(signal);
    const stopped = await run.ended;
    expect(stopped).toMatchObject({ status, stdout: "" });
    expect(Date.now() - signalled).toBeLessThan(8000);
    expect(stopped.stderr).toMatch(/same command/);
    expect(stopped.stderr).not.toMatch(STACK);
    expect(sandbox.files()).not.toContain("out.jsonl");

    const again = await sandbox.run(args, { env: emulator.env });
    expect(again.status).toBe(0);
    expect(rowsOf(sandbox.read("out.jsonl")).map((row) => row["id"])).toEqual(numbered(30).map(({ id }) => id));
    expect(sandbox.files().sort()).toEqual(["out.jsonl", "rows.jsonl"]);
    expect(await emulator.billing()).toMatchObject({ requests: 30, distinct: 30 });
    expect((await emulator.calls())["POST /v1/batches"]).toBe(3);
  });
});

describe("a reader that goes away", () => {
  test("with much left to write: quiet, 141", async () => {
    const sandbox = new Sandbox();
    const rows = Array.from({ length: 500 }, (_, id) => ({ id, pad: "x".repeat(2000), response: "a" }));
    const input = sandbox.write("rows.jsonl", jsonl(rows));
    const { stdout, stderr } = await sandbox.shell(
      `bg-pipe grade --provider emulator -q ${input} | head -n 1; echo "\${PIPESTATUS[0]}"`,
    );
    const [first, status] = linesOf(stdout);
    expect(first).toMatch(/^\{"id":0,/);
    expect(status).toBe("141");
    expect(stderr).toBe("");
  });

  test("after all was written: 0 or 141, quiet", async () => {
    const sandbox = new Sandbox();
    const input = sandbox.write("rows.jsonl", jsonl(numbered(3)));
    const { stdout, stderr } = await sandbox.shell(
      `bg-pipe grade --provider emulator -q ${input} | head -n 3 | wc -l; echo "\${PIPESTATUS[0]}"`,
    );
    expect(stdout).toMatch(/^\s*3\n(0|141)\n$/);
    expect(stderr).toBe("");
  });
});
