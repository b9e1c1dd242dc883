import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { AnsweredRow } from "../../src/core/records.ts";
import { jsonl } from "../../src/formats/jsonl.ts";
import { OutputPerInput } from "../../src/pipelines/output-per-input.ts";

const NO_COLUMNS = { columns: [], addedColumns: [] };

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "bg-pipe-per-input-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, "made", "for it");
}

function rowOf(file: string, id: number): AnsweredRow {
  const text = `{"id":${id}}`;
  return { row: { kind: "row", position: { file, line: id, byteOffset: 0 }, text }, added: [] };
}

function create(directory: string, paths: readonly string[], isInOrder = true) {
  return OutputPerInput.create({ directory, paths, format: jsonl, isInOrder });
}

/** What there is in the folder, by name. */
function filesIn(directory: string): Record<string, string> {
  return Object.fromEntries(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), "utf8")]));
}

describe("a file for each input", () => {
  test("rows go by where they came from, and inputs without rows get an empty file", async () => {
    const directory = temporaryDirectory();
    const sink = (await create(directory, ["x/a.jsonl", "b.csv.gz", "c.jsonl", "-"])).sink(NO_COLUMNS);
    await sink.open();
    expect(await sink.write([rowOf("x/a.jsonl", 1), rowOf("x/a.jsonl", 2), rowOf("b.csv.gz", 1)])).toBe(27);
    await sink.write([rowOf("-", 1)]);
    await sink.end();
    await sink.commit();
    expect(filesIn(directory)).toEqual({
      "a.jsonl": '{"id":1}\n{"id":2}\n',
      "b.jsonl": '{"id":1}\n',
      "c.jsonl": "",
      "stdin.jsonl": '{"id":1}\n',
    });
  });

  test("in order, a file is final when the next begins; what is left unfinished keeps its temporary name", async () => {
    const directory = temporaryDirectory();
    const sink = (await create(directory, ["a.jsonl", "b.jsonl"])).sink(NO_COLUMNS);
    await sink.open();
    await sink.write([rowOf("a.jsonl", 1)]);
    expect(existsSync(join(directory, "a.jsonl"))).toBe(false);
    await sink.write([rowOf("b.jsonl", 1)]);
    await sink.abandon();
    expect(Object.keys(filesIn(directory)).sort()).toEqual([".b.jsonl.bg-pipe-partial", "a.jsonl"]);
  });

  test("by completion, rows of all inputs may come at any time", async () => {
    const directory = temporaryDirectory();
    const sink = (await create(directory, ["a.jsonl", "b.jsonl"], false)).sink(NO_COLUMNS);
    await sink.open();
    for (const file of ["a.jsonl", "b.jsonl", "a.jsonl", "b.jsonl"]) await sink.write([rowOf(file, 7)]);
    await sink.end();
    await sink.commit();
    expect(filesIn(directory)).toEqual({ "a.jsonl": '{"id":7}\n{"id":7}\n', "b.jsonl": '{"id":7}\n{"id":7}\n' });
  });

  test("two inputs of one name, an input that would be replaced, and too many files at a time are refused", async () => {
    await expect(create("out", ["x/a.jsonl", "y/a.jsonl"])).rejects.toThrow(
      "the rows of x/a.jsonl and of y/a.jsonl would both go to out/a.jsonl",
    );
    await expect(create("x", ["x/a.jsonl"])).rejects.toThrow("x/a.jsonl is an input, and would be replaced");
    const many = Array.from({ length: 501 }, (_, index) => `${index}.jsonl`);
    await expect(create("out", many, false)).rejects.toThrow("--order completion writes all 501 outputs at a time");
    expect((await create("out", many)).files).toHaveLength(501);
  });
});
