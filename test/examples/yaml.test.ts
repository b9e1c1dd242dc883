import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { linesOf, rowsOf, Sandbox } from "../cli-contract/support.ts";
import { readPage } from "../docs/markdown.ts";
import { REPOSITORY } from "../run-program.ts";

const FOLDER = "examples/yaml";
const example = (name: string) => join(REPOSITORY, FOLDER, name);

test.each(readdirSync(join(REPOSITORY, FOLDER)))("%s has under 30 lines", (name) => {
  expect(linesOf(readPage(`${FOLDER}/${name}`)).length).toBeLessThan(30);
});

test("poor-answers.yaml asks twice, and passes its own test", async () => {
  const sandbox = new Sandbox();
  const args = ["run", example("poor-answers.yaml"), "--provider", "emulator", "--errors", "failed.jsonl"];
  const run = await sandbox.run(args);
  expect([run.status, sandbox.read("failed.jsonl")]).toEqual([0, ""]);
  const rows = rowsOf(run.stdout);
  expect(rows.length).toBeGreaterThan(0);
  for (const row of rows) expect(Object.keys(row)).toEqual(["id", "words", "advice"]);
  expect(await sandbox.run(["test", example("poor-answers.yaml")])).toMatchObject({ status: 0, stderr: "" });
});

test("second.yaml reads what grade writes", async () => {
  const sandbox = new Sandbox();
  const emulated = "--provider emulator -q";
  const line = `bg-pipe grade ${emulated} | bg-pipe run ${example("second.yaml")} ${emulated}`;
  const run = await sandbox.shell(line, { stdin: readPage("fixtures/answers.jsonl") });
  expect(run.status).toBe(0);
  expect(rowsOf(run.stdout).map((row) => [row.grade, typeof row["praise"]])).toEqual(
    Array.from({ length: 12 }, () => [undefined, "string"]),
  );
});
