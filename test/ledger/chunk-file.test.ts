import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OutputError } from "../../src/core/errors.ts";
import {
  ChunkFile,
  ChunkFileReader,
  chunkPath,
  newChunkName,
  removeStaleChunkFiles,
} from "../../src/ledger/chunk-file.ts";
import type { Run } from "../../src/ledger/ledger.ts";
import { LedgerBench, sqliteBackEnd } from "./harness.ts";

const request = { key: "k", tokens: 2, origin: "in.jsonl:1" };
const line = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }).map((text) => JSON.stringify({ text })),
  fc.integer({ min: 200_000, max: 400_000 }).map((length) => JSON.stringify({ long: "流".repeat(length / 3) })),
);

function directory(): string {
  return new LedgerBench(sqliteBackEnd).directory;
}

describe("ChunkFile", () => {
  test("holds the lines as they are, and each can be read where it is said to lie", () => {
    const path = directory();
    let files = 0;
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 12 }), (lines) => {
        const file = new ChunkFile(path, `c${files++}`);
        for (const text of lines) file.add({ ...request, line: text });
        file.finish();
        const written = readFileSync(chunkPath(path, file.name), "utf8");
        expect(written).toBe(lines.map((text) => `${text}\n`).join(""));
        expect(file.bytes).toBe(Buffer.byteLength(written));
        expect(file.tokens).toBe(lines.length * 2);
        const reader = new ChunkFileReader(path, file.name);
        expect(file.lines.map((place) => reader.read(place))).toEqual(lines);
        reader.close();
      }),
      { numRuns: 40 },
    );
  });

  test("discarded, it is gone", () => {
    const path = directory();
    const file = new ChunkFile(path, "c");
    file.add({ ...request, line: "{}" });
    file.discard();
    expect(readdirSync(join(path, "chunks"))).toEqual([]);
  });

  test("never writes over another", () => {
    const path = directory();
    new ChunkFile(path, "c").finish();
    expect(() => new ChunkFile(path, "c")).toThrow(OutputError);
  });

  test("a line that is no longer whole is not read as one", () => {
    const path = directory();
    const file = new ChunkFile(path, "c");
    file.add({ ...request, line: '{"a":"0123456789"}' });
    file.finish();
    truncateSync(chunkPath(path, "c"), 5);
    const [place] = file.lines;
    if (place === undefined) throw new Error("no line");
    expect(() => new ChunkFileReader(path, "c").read(place)).toThrow();
  });
});

describe("newChunkName", () => {
  test("is unique, tells run and time, and fits into a batch's metadata", () => {
    const names = Array.from({ length: 1_000 }, () => newChunkName(123_456_789, Date.UTC(2026, 0, 2, 3, 4, 5)));
    expect(new Set(names).size).toBe(1_000);
    expect(names[0]).toMatch(/^r123456789-20260102030405-[0-9a-f]{12}$/);
    expect(names[0]?.length).toBeLessThanOrEqual(64);
  });
});

describe("removeStaleChunkFiles", () => {
  const leave = (bench: LedgerBench, ...names: readonly string[]) => {
    for (const name of names) writeFileSync(chunkPath(bench.directory, name), "");
  };
  const chunkNamed = (bench: LedgerBench, run: Run, name: string, key: string) => {
    bench.ledger.claim([key], run);
    const size = { requests: 1, bytes: 1, tokens: 1, provider: "p", endpoint: "e", model: "m" };
    const place = { key, offset: 0, length: 1, tokens: 1, origin: "f:1" };
    return bench.ledger.seal({ ...size, runId: run.id, name }, [place]);
  };

  test("removes what was never sealed or is settled, and nothing that is another run's or at the provider", () => {
    const bench = new LedgerBench(sqliteBackEnd);
    const run = bench.run("s");
    const own = (name: string) => `r${run.id}-${name}`;
    bench.moveTo(chunkNamed(bench, run, own("sent"), "a"), "submitted");
    bench.settle(bench.moveTo(chunkNamed(bench, run, own("over"), "b"), "fetched"));
    const others = [`r${run.id}1-x`, `r${run.id + 1}-x`];
    leave(bench, own("half"), own("sent"), own("over"), ...others);
    removeStaleChunkFiles(bench.ledger, run.id);
    expect(readdirSync(join(bench.directory, "chunks")).sort()).toEqual(
      [own("sent"), ...others].map((name) => `${name}.jsonl`).sort(),
    );
  });

  test("leaves the file of a chunk that another run has adopted and still has to ask from", () => {
    const bench = new LedgerBench(sqliteBackEnd);
    const first = bench.run("s");
    const chunk = bench.moveTo(chunkNamed(bench, first, `r${first.id}-adopted`, "a"), "submitted");
    leave(bench, chunk.name);
    bench.kill(first);
    const other = bench.run("t");
    bench.claim(other, "a");
    bench.settle(bench.moveTo(bench.ledger.chunk(chunk.id), "fetched"));
    removeStaleChunkFiles(bench.ledger, bench.run("s").id);
    expect(existsSync(chunkPath(bench.directory, chunk.name))).toBe(true);
  });
});
