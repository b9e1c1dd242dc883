import { rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { ConfigurationError } from "../../src/core/errors.ts";
import { ResultReader } from "../../src/ledger/result-reader.ts";
import { LedgerBench, sqliteBackEnd } from "./harness.ts";

/** A ledger with result files, each with a few lines. */
function withFiles(count: number) {
  const bench = new LedgerBench(sqliteBackEnd);
  const chunk = bench.chunk(bench.run("s"), "fetched", "a");
  const files = Array.from({ length: count }, (_, index) => {
    const lines = [`first of ${index}`, `流 ${index}`, ""];
    const path = join(bench.directory, "results", `${index}.jsonl`);
    writeFileSync(path, lines.join("\n"));
    const fileId = bench.ledger.addResultFile(`${index}.jsonl`, chunk.id);
    const [first = "", second = ""] = lines;
    const offset = Buffer.byteLength(first) + 1;
    return { path, text: second, place: { fileId, offset, length: Buffer.byteLength(second) } };
  });
  const reader = new ResultReader(bench.ledger);
  onTestFinished(() => reader.close());
  return { reader, files };
}

describe("ResultReader", () => {
  test("reads lines of more files than it keeps open, in any order", () => {
    const { reader, files } = withFiles(50);
    for (const { place, text } of [...files, ...files.toReversed()]) expect(reader.read(place)).toBe(text);
  });

  test("a file that is gone is an error that names it and the way out", () => {
    const { reader, files } = withFiles(1);
    for (const { path, place } of files) {
      rmSync(path);
      expect(() => reader.read(place)).toThrow(ConfigurationError);
      expect(() => reader.read(place)).toThrow("results/0.jsonl");
    }
  });

  test("so is one that has become shorter", () => {
    const { reader, files } = withFiles(1);
    for (const { path, place } of files) {
      truncateSync(path, place.offset + 1);
      expect(() => reader.read(place)).toThrow("it has become shorter");
    }
  });

  test("closed, it can be used again", () => {
    const { reader, files } = withFiles(2);
    for (const { place, text } of files) {
      reader.read(place);
      reader.close();
      expect(reader.read(place)).toBe(text);
    }
  });
});
