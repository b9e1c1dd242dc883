import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import type { AnsweredRow, Row } from "../../src/core/records.ts";
import type { AnswerCheck } from "../../src/core/verdicts.ts";
import { CompletionOrderRoom, InputOrderRoom } from "../../src/ledger/waiting-room.ts";
import type { BatchScript } from "../stages/fake-provider.ts";
import { answerTo } from "../stages/result-lines.ts";
import { errorOf, StageBench } from "../stages/support.ts";
import { eventually, turn } from "../support/virtual-clock.ts";
import { answering, execute, rowsUpTo, Source } from "./answering.ts";

// A busy machine takes its time over so many small transactions.
vi.setConfig({ testTimeout: 120_000 });

const ROWS = 120;

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

  test("a reply that is no valid answer is asked again with what is wrong with it, and its answer is the row's", async () => {
    const bench = new StageBench();
    bench.provider.nextBatches({ output: (asked) => asked.map((one) => answerTo(one, { content: "no grade" })) });
    const { lines, error } = await execute(bench, new Source(rowsUpTo(2)), { check });
    expect(error).toBeUndefined();
    expect(lines).toEqual(Array(2).fill(expect.stringContaining('grade="re: That is not a valid answer:')));
    const [, second] = bench.provider.batches;
    expect(second?.asked.map(({ body }) => body["messages"])).toEqual(
      rowsUpTo(2).map(({ text }) => [
        { role: "user", content: text },
        { role: "assistant", content: "no grade" },
        { role: "user", content: expect.stringContaining("there is no grade in it") },
      ]),
    );
  });

  test("a reply too long to be sent back leaves the request as it was, and what it is answered counts", async () => {
    const bench = new StageBench();
    const says = (content: string): BatchScript => ({
      output: (asked) => asked.map((one) => answerTo(one, { content })),
    });
    bench.provider.nextBatches(says("short"), says("long".repeat(500)), says("grade 5"));
    const { lines, error } = await execute(bench, new Source(rowsUpTo(1)), { check, lineBytes: 1_000 });
    expect([lines, error]).toEqual([[expect.stringContaining('grade="grade 5"')], undefined]);
    const asked = bench.provider.batches.map(({ asked: [one] }) => one?.body["messages"]);
    expect(asked).toMatchObject([{ length: 1 }, { length: 3 }, { length: 1 }]);
    expect(bench.provider.batches).toHaveLength(3);
  });

  test("never makes more batches within an hour than may be, however many are in flight", async () => {
    const bench = new StageBench();
    const given = { maxBatches: 10, admit: { batchesPerHour: 2 } };
    expect(await execute(bench, new Source(rowsUpTo(14)), given)).toMatchObject({ error: undefined });
    const times = bench.provider.batches.map(({ batch }) => batch.createdAt);
    expect(times).toHaveLength(7);
    for (const [index, time] of times.entries()) {
      if (index >= 2) expect(time - (times[index - 2] ?? 0)).toBeGreaterThanOrEqual(3_600);
    }
  });

  test("files at the provider are deleted when their results are here, and what an earlier run has left, too", async () => {
    const left = new StageBench();
    left.provider.next("deleteFile", "unavailable", "unavailable");
    await execute(left, new Source(rowsUpTo(2)));
    expect(left.provider.deleted).toEqual([]);
    const later = new StageBench({ earlier: left });
    expect(await execute(later, new Source(rowsUpTo(4)))).toMatchObject({ error: undefined });
    const ids = ["batch-1-output", "batch-2-output", "file-1", "file-2"];
    expect([...new Set(later.provider.deleted)].toSorted()).toEqual(ids);
  });
});

const check: AnswerCheck = (text) =>
  text.startsWith("grade") || text.startsWith("re:") ? { ok: true } : { ok: false, reason: "there is no grade in it" };
