import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { REPOSITORY, runProgram, temporaryFolder } from "../run-program.ts";

vi.setConfig({ testTimeout: 60_000 });

const FOLDER = join(REPOSITORY, "examples");
const FROM_SOURCE = pathToFileURL(join(REPOSITORY, "test/from-source.ts")).href;
const names = readdirSync(FOLDER).filter((name) => name.endsWith(".ts"));

/** What each example says at its end, and how many lines its output has; a cell may have several. */
const EXPECTED: Readonly<Record<string, { readonly says: RegExp; readonly lines: number; readonly again?: RegExp }>> = {
  "custom-pipeline.ts": { says: /^12 rows written, 0 failed$/m, lines: 12 },
  "in-parts.ts": { says: /^$/, lines: 15 },
  "own-stage.ts": { says: /^\d+ of 12 rows$/m, lines: 11 },
  "own-strategy.ts": {
    says: /^\d+ calls, 0 answers from the ledger$/m,
    lines: 12,
    again: /^0 calls, 12 answers from the ledger$/m,
  },
  "own-provider.ts": { says: /^3 batches at vendor$/m, lines: 12 },
  "metrics-registry.ts": {
    says: /^bgpipe_rows_finished_total\{outcome="answered"\} 12$[\s\S]*^app_queue_length 0$/m,
    lines: 12,
  },
};

function run(name: string, folder: string) {
  const output = join(folder, name === "in-parts.ts" || name === "own-stage.ts" ? "out.csv" : "out.jsonl");
  const argv = ["--import", FROM_SOURCE, join(FOLDER, name), join(REPOSITORY, "fixtures/answers.jsonl"), output];
  const environment = { XDG_STATE_HOME: join(folder, "state") };
  return { output, end: runProgram(process.execPath, argv, { cwd: folder, environment }) };
}

describe.each(names)("examples/%s", (name) => {
  const text = readFileSync(join(FOLDER, name), "utf8");

  test("does what it says", async () => {
    const folder = temporaryFolder("example");
    const { output, end } = run(name, folder);
    const { status, stdout, stderr } = await end;
    expect([status, stderr]).toEqual([0, expect.not.stringContaining("Error")]);
    expect(stdout + stderr).toMatch(EXPECTED[name]?.says ?? /^no expectation/);
    expect(readFileSync(output, "utf8").trimEnd().split("\n")).toHaveLength(EXPECTED[name]?.lines ?? 0);
    const again = EXPECTED[name]?.again;
    if (again !== undefined) expect((await run(name, folder).end).stderr).toMatch(again);
  });

  test("begins with what it shows, and how it is run", () => {
    expect(text).toMatch(new RegExp(`^/\\*\\*\\n(?: \\*.*\\n)+ \\* +node examples/${name} `));
    expect(readFileSync(join(FOLDER, "README.md"), "utf8")).toContain(`(${name})`);
  });
});

test("a custom pipeline is shorter than 30 lines", () => {
  expect(readFileSync(join(FOLDER, "custom-pipeline.ts"), "utf8").trimEnd().split("\n").length).toBeLessThan(30);
});
