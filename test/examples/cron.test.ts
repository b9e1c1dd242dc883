import { chmodSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BIN, rowsOf, Sandbox } from "../cli-contract/support.ts";
import { REPOSITORY } from "../run-program.ts";

const SCRIPT = join(REPOSITORY, "examples/cron/grade.sh");

/** A sandbox with `bg-pipe` on the path, whose batches take a while. */
function sandboxWithProgram() {
  const sandbox = new Sandbox();
  sandbox.write("bin/bg-pipe", `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`);
  chmodSync(sandbox.path("bin/bg-pipe"), 0o755);
  sandbox.write("rows.jsonl", `${[1, 2, 3].map((id) => JSON.stringify({ id, response: `text ${id}` })).join("\n")}\n`);
  const env = {
    PATH: `${sandbox.path("bin")}:${process.env["PATH"]}`,
    BG_PIPE_PROVIDER: "emulator",
    BG_PIPE_BATCH_SECONDS: "1",
    METRICS_DIR: sandbox.directory,
  };
  return { sandbox, run: (line: string) => sandbox.shell(line, { env }) };
}

test("the script for cron submits, leaves, collects, and says nothing", async () => {
  const { sandbox, run } = sandboxWithProgram();
  const line = `${SCRIPT} rows.jsonl graded.jsonl`;
  expect(await run(line)).toEqual({ status: 75, stdout: "", stderr: "" });
  expect(sandbox.files()).not.toContain("graded.jsonl");
  expect(await run(`for i in 1 2 3 4 5 6 7 8 9; do ${line} && break; sleep 0.3; done`)).toMatchObject({ status: 0 });
  expect(rowsOf(sandbox.read("graded.jsonl")).map((row) => typeof row.grade)).toEqual(["object", "object", "object"]);
  expect(JSON.parse(sandbox.read("graded.jsonl.summary.json"))).toMatchObject({
    rows: { answered: 3 },
    exit_status: 0,
  });
  expect(sandbox.read("bg-pipe-graded.jsonl.prom")).toContain("bgpipe_last_success_timestamp_seconds{");
  expect(sandbox.read("graded.jsonl.log")).toContain("command.ended");
});

test("the script for cron lets be what still works, and says what a person has to look at", async () => {
  const { sandbox, run } = sandboxWithProgram();
  expect(await run(`flock graded.jsonl.lock ${SCRIPT} rows.jsonl graded.jsonl`)).toMatchObject({
    status: 0,
    stdout: "",
  });
  expect(sandbox.files()).not.toContain("graded.jsonl.summary.json");
  expect(await run(`${SCRIPT} rows.jsonl graded.jsonl --field nothing --on-error halt`)).toMatchObject({
    stdout: expect.stringContaining("graded.jsonl: "),
  });
});
