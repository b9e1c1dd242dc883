import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readPage } from "../docs/markdown.ts";
import { PageRun } from "../docs/page-run.ts";
import { BIN, jsonl, numbered, Sandbox, STACK, until } from "./support.ts";

const ROWS = jsonl(numbered(10));

interface Report {
  readonly model: string | null;
  readonly encoding: string | null;
  readonly files: readonly {
    readonly path: string;
    readonly parts: readonly {
      readonly path: string;
      readonly rows: number;
      readonly bytes: number;
      readonly tokens: number | null;
    }[];
  }[];
  readonly total: Readonly<Record<string, number | null>>;
}

function visible(sandbox: Sandbox, folder: string): string[] {
  return readdirSync(sandbox.path(folder)).filter((name) => !name.startsWith("."));
}

/** What is in the hidden folders of a folder. */
function hiddenFiles(sandbox: Sandbox, folder: string): string[] {
  const hidden = readdirSync(sandbox.path(folder)).filter((name) => name.startsWith("."));
  return hidden.flatMap((name) => readdirSync(sandbox.path(`${folder}/${name}`)));
}

describe("split", () => {
  test("writes parts beside the input, and says on stdout which; no key, and no state", async () => {
    const sandbox = new Sandbox();
    const input = sandbox.write("data/rows.jsonl", ROWS);
    const { status, stdout, stderr } = await sandbox.run(["split", input, "--chunk-rows", "4"]);
    expect([status, stderr]).toEqual([0, ""]);
    const parts = [1, 2, 3].map((number) => `data/rows.part-000${number}.jsonl`);
    expect(parts.map((part) => sandbox.read(part)).join("")).toBe(ROWS);
    for (const part of parts) expect(stdout).toContain(part);
    expect(existsSync(sandbox.stateDirectory)).toBe(false);
  });

  test("--json is the report for programs, with tokens when they are asked for", async () => {
    const sandbox = new Sandbox();
    const flags = ["--chunk-tokens", "1000", "--model", "gpt-4.1-mini", "--output-dir", "out", "--json"];
    const { status, stdout } = await sandbox.run(["split", ...flags], { stdin: ROWS });
    expect(status).toBe(0);
    const report: Report = JSON.parse(stdout);
    expect(report).toMatchObject({
      model: "gpt-4.1-mini",
      encoding: "o200k_base",
      files: [{ path: "-" }],
      total: { rows: 10, bad_rows: 0 },
    });
    const parts = report.files[0]?.parts ?? [];
    expect(parts.length).toBeGreaterThan(1);
    for (const { tokens } of parts) expect(tokens).toBeLessThanOrEqual(1000);
    expect(parts.map(({ path }) => sandbox.read(path)).join("")).toBe(ROWS);
    expect(parts[0]?.path).toBe("out/stdin.part-0001.jsonl");
    expect(parts.reduce((sum, { tokens }) => sum + (tokens ?? 0), 0)).toBe(report.total["tokens"]);
  });

  test("tokens are those that grade itself would count", async () => {
    const sandbox = new Sandbox();
    const input = sandbox.write("rows.jsonl", ROWS);
    const flags = ["--provider", "emulator", "--system", "Grade from 1 to 5."];
    await sandbox.grade([input, "--dry-run", "--summary", "run.json", ...flags.slice(2)]);
    const estimated: unknown = JSON.parse(sandbox.read("run.json")).tokens.estimated_input;
    const model = ["--model", "gpt-4.1-mini", "--system", "Grade from 1 to 5."];
    const { stdout } = await sandbox.run(["split", input, "--chunk-count", "2", "--json", ...model]);
    const report: Report = JSON.parse(stdout);
    expect(report.total["tokens"]).toBe(estimated);
  });

  test("never overwrites: 73, the flag that would, and nothing else written; with the flag it does", async () => {
    const sandbox = new Sandbox();
    const input = sandbox.write("rows.jsonl", ROWS);
    sandbox.write("rows.part-0003.jsonl", "mine\n");
    const refused = await sandbox.run(["split", input, "--chunk-rows", "6"]);
    expect(refused).toMatchObject({ status: 73, stdout: "", stderr: expect.stringContaining("--overwrite") });
    expect(sandbox.files()).toEqual(["rows.jsonl", "rows.part-0003.jsonl"]);
    const done = await sandbox.run(["split", input, "--chunk-rows", "6", "--overwrite"]);
    expect(done).toMatchObject({ status: 0, stderr: expect.stringContaining("rows.part-0003.jsonl") });
    expect(sandbox.read("rows.part-0001.jsonl") + sandbox.read("rows.part-0002.jsonl")).toBe(ROWS);
    expect(sandbox.read("rows.part-0003.jsonl")).toBe("mine\n");
  });

  test.each([
    [["rows.jsonl"], 64, "--chunk-rows, --chunk-bytes, --chunk-tokens and --chunk-count"],
    [["rows.jsonl", "--chunk-tokens", "9"], 64, "--model"],
    [["rows.jsonl", "--chunk-rows", "0"], 64, "--chunk-rows"],
    [["rows.jsonl", "--chunk-rows", "1", "--max-batches", "2"], 64, "split does not take the flag"],
    [["none.jsonl", "--chunk-rows", "1"], 66, "none.jsonl"],
    [["twice.csv", "--chunk-rows", "1"], 65, "more than once"],
    [["rows.jsonl", "--chunk-rows", "1", "--output-dir", "rows.jsonl"], 73, "rows.jsonl"],
    [["rows.jsonl", "--chunk-rows", "1", "--output-dir", "rows.jsonl", "--overwrite"], 73, "rows.jsonl"],
    [["rows.jsonl", "--chunk-rows", "1", "--output-dir", "/proc/none"], 73, "/proc/none"],
  ])("%j ends with %i", async (args, expected, words) => {
    const sandbox = new Sandbox();
    sandbox.write("rows.jsonl", ROWS);
    sandbox.write("twice.csv", "a,a\n1,2\n");
    const { status, stdout, stderr } = await sandbox.run(["split", ...args]);
    expect([status, stdout]).toEqual([expected, ""]);
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(STACK);
    expect(sandbox.files()).toEqual(["rows.jsonl", "twice.csv"]);
  });

  test.each(["SIGTERM", "SIGKILL"] as const)(
    "stopped by %s there is no part, and the same command does it",
    async (signal) => {
      const sandbox = new Sandbox();
      const args = ["split", "--chunk-rows", "1", "--output-dir", "out"];
      // Its stdin stays open.
      const child = spawn(process.execPath, [BIN, ...args], {
        cwd: sandbox.directory,
        env: { HOME: sandbox.directory },
      });
      const ended = once(child, "close");
      child.stdin.write(ROWS);
      // A part for each row, and the owner's note.
      await until(() => existsSync(sandbox.path("out")) && hiddenFiles(sandbox, "out").length > 10, "parts");
      child.kill(signal);
      expect(await ended).toEqual(signal === "SIGTERM" ? [143, null] : [null, "SIGKILL"]);
      expect(visible(sandbox, "out")).toEqual([]);
      expect(await sandbox.run(args, { stdin: ROWS })).toMatchObject({ status: 0, stderr: "" });
      expect(readdirSync(sandbox.path("out"))).toEqual(visible(sandbox, "out"));
      expect(visible(sandbox, "out")).toHaveLength(10);
    },
  );

  // What dies in this heap, and would in a smaller one, is shown in test/pipelines/flat-memory.test.ts.
  test("45 MB pass through a heap of 36 MB, into a number of parts, from a pipe", async () => {
    const sandbox = new Sandbox();
    const text = "Two kilobytes of prose that says nothing at all. ".repeat(40);
    const rows = jsonl(Array.from({ length: 22_000 }, (_, id) => ({ id, response: `${id}: ${text}` })));
    const env = { NODE_OPTIONS: "--max-old-space-size=36" };
    const { status } = await sandbox.run(["split", "--chunk-count", "3", "--output-dir", "out"], { stdin: rows, env });
    expect(status).toBe(0);
    expect(
      visible(sandbox, "out")
        .map((name) => sandbox.read(`out/${name}`))
        .join("") === rows,
    ).toBe(true);
  });

  test("a reader of the report that has gone is no failure of the parts", async () => {
    const sandbox = new Sandbox();
    sandbox.write("rows.jsonl", jsonl(numbered(3000)));
    const { stderr } = await sandbox.shell("bg-pipe split rows.jsonl --chunk-rows 1 --output-dir out | head -1");
    expect(stderr).not.toMatch(STACK);
    expect(visible(sandbox, "out")).toHaveLength(3000);
  });
});

test("docs/splitting.md: its commands do what it says", async () => {
  expect(await new PageRun(readPage("docs/splitting.md")).failures()).toEqual([]);
}, 180_000);
