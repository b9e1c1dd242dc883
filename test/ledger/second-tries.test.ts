import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Patience } from "../../src/core/patience.ts";
import { ChunkFile, chunkPath, type NewLine, newChunkName } from "../../src/ledger/chunk-file.ts";
import type { Chunk } from "../../src/ledger/ledger.ts";
import { type Reask, SecondTries } from "../../src/ledger/second-tries.ts";
import { INVALID, LATE, LedgerBench, RETRIES, sqliteBackEnd } from "./harness.ts";

/** A run of its own, and its second tries. */
class TriesBench extends LedgerBench {
  readonly own = this.run("s");
  readonly tries: SecondTries;

  constructor({ waitMs, reask = () => undefined }: { readonly waitMs?: number; readonly reask?: Reask } = {}) {
    super(sqliteBackEnd);
    const { ledger, own: run, clock } = this;
    const backoff = { firstMs: 1_000, factor: 2, maxMs: 60_000, jitter: 0 };
    this.tries = new SecondTries({ ledger, run, backoff, reask, patience: new Patience(clock, waitMs), clock });
  }

  /** A chunk with its file, all of whose requests are asked. */
  asked(keys: readonly string[], lines = keys.map((key) => lineFor(key))): Chunk {
    this.claim(this.own, ...keys);
    const file = new ChunkFile(this.directory, newChunkName(this.own.id, this.clock.now()));
    for (const line of lines) file.add(line);
    file.finish();
    const { name, bytes, tokens } = file;
    const size = { requests: lines.length, bytes, tokens, provider: "p", endpoint: "/v1/e", model: "m" };
    return this.moveTo(this.ledger.seal({ ...size, runId: this.own.id, name }, file.lines), "fetched");
  }

  /** Files an invalid reply to each key. */
  replies(chunk: Chunk, ...keys: readonly string[]): void {
    const result = this.result(chunk);
    const replies = keys.map((key) => {
      return { key, kind: "retry", failure: INVALID, reply: { result, reason: `not ${key}` } } as const;
    });
    this.ledger.record(chunk.id, replies, RETRIES);
  }

  /** Settled, with the chunk's second tries taken up. */
  over(chunk: Chunk): Chunk {
    const settled = this.settle(chunk);
    this.tries.add(settled);
    return settled;
  }

  due(): readonly string[] {
    return [...this.tries.due()].map(({ key }) => key);
  }

  hasFile(chunk: Chunk): boolean {
    return existsSync(chunkPath(this.directory, chunk.name));
  }
}

function lineFor(key: string): NewLine {
  return { key, tokens: 3, model: "m", origin: `in.jsonl:${key}`, line: `{"流":"${key}"}` };
}

describe("SecondTries", () => {
  test("a chunk of which all is settled is done with, and its file goes", () => {
    const bench = new TriesBench();
    const chunk = bench.asked(["a", "b"]);
    bench.answer(chunk, "a", "b");
    bench.over(chunk);
    expect([bench.tries.isEmpty, bench.tries.nextAt, bench.due()]).toEqual([true, Number.POSITIVE_INFINITY, []]);
    expect(bench.hasFile(chunk)).toBe(false);
  });

  test("gives out what is open, as it was and in its order, once it is due, and claims it", async () => {
    const bench = new TriesBench();
    const chunk = bench.asked(["a", "b", "c"]);
    bench.answer(chunk, "b");
    bench.over(chunk);
    expect(bench.tries).toMatchObject({ isEmpty: false, nextAt: bench.clock.now() + 1_000 });
    await bench.clock.advance(999);
    expect(bench.due()).toEqual([]);
    expect(bench.hasFile(chunk)).toBe(true);
    await bench.clock.advance(1);
    const reason = "missing_result";
    expect([...bench.tries.due()]).toEqual([
      { ...lineFor("a"), reason },
      { ...lineFor("c"), reason },
    ]);
    expect(bench.claim(bench.own, "a", "c")).toEqual(["mine", "mine"]);
    expect([bench.tries.isEmpty, bench.hasFile(chunk), bench.due()]).toEqual([true, false, []]);
  });

  test("waits longer from try to try", async () => {
    const bench = new TriesBench();
    const waits: number[] = [];
    for (let attempt = 1; attempt <= RETRIES; attempt++) {
      bench.over(bench.asked(["a"]));
      const waitMs = bench.tries.nextAt - bench.clock.now();
      waits.push(waitMs);
      await bench.clock.advance(waitMs);
      expect(bench.due()).toEqual(["a"]);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000]);
  });

  test("each chunk is due at its own time, and the next one's is told", async () => {
    const bench = new TriesBench();
    bench.over(bench.asked(["a"]));
    await bench.clock.advance(600);
    bench.over(bench.asked(["b"]));
    await bench.clock.advance(400);
    expect(bench.due()).toEqual(["a"]);
    expect(bench.tries.nextAt).toBe(bench.clock.now() + 600);
    await bench.clock.advance(600);
    expect(bench.due()).toEqual(["b"]);
  });

  test("when patience is over all is due at once", async () => {
    const bench = new TriesBench({ waitMs: 500 });
    bench.over(bench.asked(["a"]));
    await bench.clock.advance(499);
    expect(bench.due()).toEqual([]);
    await bench.clock.advance(1);
    expect(bench.due()).toEqual(["a"]);
  });

  test("what a row that came by has claimed meanwhile is not asked twice", async () => {
    const bench = new TriesBench();
    const chunk = bench.over(bench.asked(["a", "b", "c"]));
    expect(bench.claim(bench.own, "b")).toEqual(["new"]);
    await bench.clock.advance(1_000);
    expect(bench.due()).toEqual(["a", "c"]);
    expect(bench.hasFile(chunk)).toBe(false);
  });

  test("nor what another process asks, which has taken the run's place", async () => {
    const bench = new TriesBench();
    bench.over(bench.asked(["a", "b", "c"]));
    bench.kill(bench.own);
    const other = bench.run("t");
    const { unasked } = bench.ledger;
    const late: typeof unasked = (...page) => {
      const requests = unasked(...page);
      bench.claim(other, "b");
      return requests;
    };
    Object.assign(bench.ledger, { unasked: late });
    await bench.clock.advance(1_000);
    expect(bench.due()).toEqual(["a", "c"]);
  });

  test("more than are read at a time, also when they are sealed as they come", async () => {
    const bench = new TriesBench();
    const keys = Array.from({ length: 1_203 }, (_, index) => `key ${index}`);
    const chunk = bench.asked(keys);
    const answered = keys.filter((_, index) => index % 3 === 0);
    bench.answer(chunk, ...answered);
    bench.over(chunk);
    await bench.clock.advance(1_000);
    const again: string[] = [];
    for (const { key } of bench.tries.due()) {
      again.push(key);
      if (again.length % 100 === 0) bench.seal(bench.own, ...again.slice(-100));
    }
    expect(again).toEqual(keys.filter((_, index) => index % 3 !== 0));
  });
});

describe("with a reason", () => {
  test("a request that was answered invalidly is handed to the reask stage with its line and its reply", async () => {
    const asked: unknown[] = [];
    const reask: Reask = (line, reply, isReask) => {
      asked.push({ line, reply, isReask });
      return { ...line, line: "again", sentKey: "other", tokens: 9 };
    };
    const bench = new TriesBench({ reask });
    const chunk = bench.asked(["a", "b"]);
    bench.replies(chunk, "a");
    bench.over(chunk);
    await bench.clock.advance(1_000);
    const again = { key: "a", model: "m", origin: "in.jsonl:a", line: "again", sentKey: "other", tokens: 9 };
    expect([...bench.tries.due()]).toEqual([
      { ...again, reason: "invalid_answer" },
      { ...lineFor("b"), reason: "missing_result" },
    ]);
    const reply = { result: bench.result(chunk), reason: "not a" };
    expect(asked).toEqual([{ line: lineFor("a"), reply, isReask: false }]);
  });

  test("the reask stage is told of a line that has a reason already, and gets the last reply", async () => {
    const told: string[] = [];
    const bench = new TriesBench({
      reask: (line, { reason }, isReask) => {
        told.push(`${line.line} ${reason} ${isReask}`);
        return undefined;
      },
    });
    const first = bench.asked(["a", "b"]);
    bench.replies(first, "a", "b");
    bench.settle(first);
    const lines = ["a", "b"].map((key) => ({ ...lineFor(key), line: `again ${key}`, sentKey: `sent ${key}` }));
    const second = bench.asked(["a", "b"], lines);
    bench.ledger.record(
      second.id,
      [
        {
          ...{ key: "sent a", kind: "retry", failure: INVALID },
          reply: { result: bench.result(second), reason: "still not a" },
        },
        { key: "sent b", kind: "retry", failure: LATE },
      ],
      RETRIES,
    );
    bench.over(second);
    await bench.clock.advance(2_000);
    expect(bench.due()).toEqual(["a", "b"]);
    expect(told).toEqual(["again a still not a true", "again b not b true"]);
  });

  test("where the reask stage has nothing better, the line is asked as it was", () => {
    const { tries } = new TriesBench();
    const reply = { result: { fileId: 1, offset: 0, length: 1 }, reason: "no" };
    expect(tries.lineFor(lineFor("a"), reply)).toEqual(lineFor("a"));
    expect(tries.lineFor(lineFor("a"), undefined)).toEqual(lineFor("a"));
  });

  test("without a reply nobody asks the reask stage", () => {
    const reask: Reask = () => {
      throw new Error("asked");
    };
    const { tries } = new TriesBench({ reask });
    expect(tries.lineFor(lineFor("a"), undefined)).toEqual(lineFor("a"));
  });
});
