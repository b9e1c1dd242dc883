import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { AnsweredRow, Row } from "../../src/core/records.ts";
import { TokenGate } from "../../src/core/token-gate.ts";
import { ResultReader } from "../../src/ledger/result-reader.ts";
import { CompletionOrderRoom, InputOrderRoom, type WaitingRoom } from "../../src/ledger/waiting-room.ts";
import { type AnswerRowsOptions, answerRows } from "../../src/pipelines/answer-rows.ts";
import { createMerge } from "../../src/stages/merge.ts";
import { errorOf, goodRow, requestFor, StageBench } from "../stages/support.ts";
import { eventually, turn } from "../support/virtual-clock.ts";

const ROWS = 120;

/** Rows one by one, and how many were read. */
class Source {
  readonly #rows: readonly Row[];
  read = 0;
  isClosed = false;
  failAt = Number.POSITIVE_INFINITY;

  constructor(rows: readonly Row[]) {
    this.#rows = rows;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly Row[]> {
    try {
      for (const row of this.#rows) {
        if (this.read === this.failAt) throw new Error("the reader failed");
        this.read++;
        yield [row];
      }
    } finally {
      this.isClosed = true;
    }
  }
}

interface Given extends Partial<AnswerRowsOptions> {
  readonly room?: new (...args: ConstructorParameters<typeof InputOrderRoom>) => WaitingRoom;
}

function answering(bench: StageBench, rows: AsyncIterable<readonly Row[]>, given: Given = {}) {
  const { ledger, run, provider, endpoint, check, retries, counters, clock, log, signal, intervalMs } = bench;
  const { room: Room = InputOrderRoom, ...options } = given;
  const results = new ResultReader(ledger);
  onTestFinished(() => results.close());
  const written: AnsweredRow[] = [];
  const write = async (arrays: AsyncIterable<readonly AnsweredRow[]>) => {
    for await (const some of arrays) written.push(...some);
  };
  const work = answerRows({
    ...{ ledger, run, rows, write, signal, stop: bench.stop, maxBatches: 3, waitingRoom: new Room(ledger, run) },
    guard: (some) => some,
    build: (some) => some.map((row) => ({ row, request: requestFor(row.kind === "row" ? row.text : row.raw) })),
    count: (some) => some,
    chunk: {
      ...{ provider: "fake", endpoint: endpoint.path, model: "model-1", counters, clock, log },
      limits: { requests: 2, bytes: 1_000_000, tokens: Number.POSITIVE_INFINITY, count: undefined },
      backoff: { firstMs: 1_000, factor: 2, maxMs: 60_000, jitter: 0 },
    },
    life: {
      ...{ provider, endpoint, check, retries, counters, clock, log, intervalMs },
      gate: new TokenGate(Number.POSITIVE_INFINITY),
      transfers: new TokenGate(1),
    },
    merge: createMerge({ ledger, results, endpoint, outputField: "grade", isJson: false, withMeta: false }),
    ...options,
  });
  work.catch(() => {});
  return { work, written };
}

function rowsUpTo(count: number): Row[] {
  return Array.from({ length: count }, (_, index) => goodRow(`row ${index}`, index + 1));
}

/** Lets the pipeline do what it can until nothing moves any more. */
async function settleDown(count: () => number): Promise<void> {
  for (let still = 0, last = count(); still < 100; still++) {
    await turn();
    if (count() !== last) still = 0;
    last = count();
  }
}

describe("answerRows", () => {
  test.each([{ room: InputOrderRoom }, { room: CompletionOrderRoom }])(
    "each row comes out once: $room.name",
    async ({ room }) => {
      const bench = new StageBench();
      const rows = [...rowsUpTo(40), ...rowsUpTo(7)];
      bench.provider.nextBatches({ looks: 9 }, {}, { status: "expired" });
      const { work, written } = answering(bench, new Source(rows), { room });
      await work;
      const texts = written.map(({ row }) => (row.kind === "row" ? row.text : ""));
      const expected = rows.map((row) => (row.kind === "row" ? row.text : ""));
      if (room === InputOrderRoom) expect(texts).toEqual(expected);
      else expect(texts.toSorted()).toEqual(expected.toSorted());
      for (const { row, added } of written) {
        expect(added).toEqual([{ name: "grade", json: JSON.stringify(`re: ${row.kind === "row" ? row.text : ""}`) }]);
      }
      expect(existsSync(join(bench.ledger.directory, "runs", `${bench.run.id}`, "waiting"))).toBe(false);
    },
  );

  test("with all batches held open, reading stops; when they end, it goes on", async () => {
    const bench = new StageBench();
    bench.provider.isHolding = true;
    const source = new Source(rowsUpTo(ROWS));
    const { work, written } = answering(bench, source);
    await eventually(() => bench.provider.batches.length === 3);
    await settleDown(() => source.read);
    // Three chunks of two rows, one sealed and not yet taken, and an array in each of the streams between.
    expect(source.read).toBeLessThan(30);
    expect(bench.provider.batches).toHaveLength(3);
    bench.provider.isHolding = false;
    await work;
    expect(written).toHaveLength(ROWS);
  });

  test("control: without the limit, the same rows are all read while the batches are open", async () => {
    const bench = new StageBench();
    bench.provider.isHolding = true;
    const source = new Source(rowsUpTo(ROWS));
    const { work } = answering(bench, source, { maxBatches: 1_000 });
    await eventually(() => source.read === ROWS);
    bench.stop.abort(new Error("enough"));
    await errorOf(work);
  });

  test("a failing writer ends the reader, and its error is the one that is told", async () => {
    const bench = new StageBench();
    const source = new Source(rowsUpTo(ROWS));
    const write = async (rows: AsyncIterable<readonly AnsweredRow[]>) => {
      for await (const _ of rows) throw new Error("the disk is full");
    };
    const error = await errorOf(answering(bench, source, { write }).work);
    expect(error.message).toBe("the disk is full");
    expect(source.read).toBeLessThan(ROWS);
    expect(source.isClosed).toBe(true);
  });

  test("a failing reader ends the writer", async () => {
    const bench = new StageBench();
    const source = new Source(rowsUpTo(ROWS));
    source.failAt = 11;
    const { work, written } = answering(bench, source);
    expect((await errorOf(work)).message).toBe("the reader failed");
    expect(written.length).toBeLessThanOrEqual(11);
  });

  test("a provider that fails for good ends both, while the source is waiting for more", async () => {
    const bench = new StageBench();
    bench.provider.next("createBatch", "quota");
    let isClosed = false;
    async function* stuck(): AsyncGenerator<readonly Row[]> {
      try {
        yield rowsUpTo(2);
        yield rowsUpTo(4);
        await bench.clock.sleep(1_000_000_000, bench.signal);
      } finally {
        isClosed = true;
      }
    }
    expect(await errorOf(answering(bench, stuck()).work)).toMatchObject({ kind: "quota" });
    await eventually(() => isClosed);
  });

  test.each([
    { when: "at once", isReady: () => true },
    { when: "while batches are open", isReady: ({ provider }: StageBench) => provider.batches.length === 3 },
  ])("an abort $when ends both halves with its reason, and leaves the batches", async ({ isReady }) => {
    const bench = new StageBench();
    bench.provider.isHolding = true;
    const source = new Source(rowsUpTo(ROWS));
    const { work } = answering(bench, source);
    await eventually(() => isReady(bench));
    const reason = new Error("SIGINT");
    bench.stop.abort(reason);
    expect(await errorOf(work)).toBe(reason);
    expect(source.read).toBeLessThan(ROWS);
    expect(existsSync(join(bench.ledger.directory, "runs", `${bench.run.id}`, "waiting"))).toBe(false);
  });

  test("a slow consumer gets its rows in arrays of bounded size, and nothing is lost while it dawdles", async () => {
    const bench = new StageBench();
    const source = new Source(rowsUpTo(ROWS));
    const sizes: number[] = [];
    const write = async (rows: AsyncIterable<readonly AnsweredRow[]>) => {
      for await (const some of rows) {
        sizes.push(some.length);
        if (sizes.length === 1) await eventually(() => source.read === ROWS);
        await turn();
      }
    };
    await answering(bench, source, { write }).work;
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(ROWS);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(256);
  });
});
