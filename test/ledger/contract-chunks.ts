import { describe, expect, test } from "vitest";
import { InternalError } from "../../src/core/errors.ts";
import { CHUNK_STATES, type ChunkState } from "../../src/ledger/ledger.ts";
import { LATE, type LedgerBackEnd, LedgerBench, RETRIES } from "./harness.ts";

/** Every move that the life of a chunk knows, beside staying where it is. */
const LEGAL: Readonly<Record<ChunkState, readonly ChunkState[]>> = {
  sealed: ["uploading", "asking", "settled"],
  asking: ["settled"],
  uploading: ["uploaded", "sealed", "settled"],
  uploaded: ["creating", "sealed", "settled"],
  creating: ["submitted", "uploaded", "settled"],
  submitted: ["ended"],
  ended: ["fetched", "uploaded", "sealed", "settled"],
  fetched: ["settled"],
  settled: [],
};

export function describeChunks(backEnd: LedgerBackEnd): void {
  describe("chunks", () => {
    test("sealing records the chunk and its requests", async () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      await bench.clock.advance(5);
      const chunk = bench.chunk(run, "sealed", "a", "b");
      expect(chunk).toMatchObject({ state: "sealed", runId: run.id, requests: 2, bytes: 20, tokens: 2, model: "m" });
      expect(chunk).toMatchObject({ fileId: null, batchId: null, outputFileId: null, changedAt: bench.clock.now() });
      expect(bench.ledger.chunk(chunk.id)).toEqual(chunk);
      expect(bench.ledger.findChunk(chunk.name)).toEqual(chunk);
      expect(bench.ledger.findChunk("none")).toBeUndefined();
      expect(bench.ledger.outcomes(["a"], run)).toEqual([{ kind: "pending", chunkId: chunk.id, runId: run.id }]);
    });

    test("a request that nobody claimed cannot be sealed, and nothing of such a chunk is kept", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      bench.claim(run, "a");
      expect(() => bench.seal(run, "a", "unclaimed")).toThrow(InternalError);
      expect(bench.ledger.findChunk(`r${run.id}-0`)).toBeUndefined();
      expect(bench.claim(run, "a")).toEqual(["mine"]);
    });

    test("a request is in one chunk only", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      bench.chunk(run, "sealed", "a");
      expect(() => bench.seal(run, "a")).toThrow(InternalError);
      bench.claim(run, "b");
      expect(() => bench.seal(run, "b", "b")).toThrow(InternalError);
    });

    const moves = CHUNK_STATES.flatMap((from) => CHUNK_STATES.map((to) => ({ from, to })));
    test.each(moves)("$from to $to", ({ from, to }) => {
      const bench = new LedgerBench(backEnd);
      const reached = bench.chunk(bench.run("s"), from === "settled" ? "fetched" : from, "a");
      const chunk = from === "settled" ? bench.settle(reached) : reached;
      const isLegal = from === to || LEGAL[from].includes(to);
      const move = () => (to === "settled" ? bench.settle(chunk) : bench.ledger.advance(chunk.id, to));
      if (isLegal) expect(move().state).toBe(to);
      else expect(move).toThrow(InternalError);
      expect(bench.ledger.chunk(chunk.id).state).toBe(isLegal ? to : from);
    });

    test("what was learned stays, until something else is learned", () => {
      const bench = new LedgerBench(backEnd);
      const chunk = bench.chunk(bench.run("s"), "uploading", "a");
      bench.ledger.advance(chunk.id, "uploaded", { fileId: "f1" });
      bench.ledger.advance(chunk.id, "creating");
      bench.ledger.advance(chunk.id, "submitted", { batchId: "b1", batchStatus: "validating" });
      const facts = { batchStatus: "completed", outputFileId: "o1", errorFileId: null };
      const ended = bench.ledger.advance(chunk.id, "ended", facts);
      expect(ended).toMatchObject({ fileId: "f1", batchId: "b1", ...facts });
      expect(bench.ledger.advance(chunk.id, "ended", { outputFileId: "o2" })).toMatchObject({ outputFileId: "o2" });
    });

    test("an illegal move learns nothing", () => {
      const bench = new LedgerBench(backEnd);
      const chunk = bench.chunk(bench.run("s"), "sealed", "a");
      expect(() => bench.ledger.advance(chunk.id, "submitted", { batchId: "b1" })).toThrow(InternalError);
      expect(bench.ledger.chunk(chunk.id)).toEqual(chunk);
    });

    test("the time of its batch is that of the last intent to create one", async () => {
      const bench = new LedgerBench(backEnd);
      const chunk = bench.chunk(bench.run("s"), "uploaded", "a");
      expect(chunk.submittedAt).toBeNull();
      await bench.clock.advance(5);
      const creating = bench.moveTo(chunk, "creating");
      expect(creating.submittedAt).toBe(bench.clock.now());
      await bench.clock.advance(5);
      expect(bench.moveTo(creating, "ended").submittedAt).toBe(creating.submittedAt);
      bench.ledger.advance(chunk.id, "uploaded");
      expect(bench.ledger.advance(chunk.id, "creating").submittedAt).toBe(bench.clock.now());
    });

    test.each(CHUNK_STATES)(
      "how far its batch is, is noted while it is submitted, and so not when it is %s",
      (state) => {
        const bench = new LedgerBench(backEnd);
        const reached = bench.chunk(bench.run("s"), state === "settled" ? "fetched" : state, "a");
        const chunk = state === "settled" ? bench.settle(reached) : reached;
        const times = { inProgressAt: 1_000, finalizingAt: 2_000, endedAt: null };
        const progress = { batchStatus: "in_progress", completed: 5, failed: 2, times };
        bench.ledger.noteProgress(chunk.id, progress);
        expect(bench.ledger.chunk(chunk.id)).toEqual(state === "submitted" ? { ...chunk, ...progress } : chunk);
      },
    );

    test("what was noted of a batch stays until its end says otherwise", () => {
      const bench = new LedgerBench(backEnd);
      const chunk = bench.chunk(bench.run("s"), "submitted", "a");
      bench.ledger.noteProgress(chunk.id, { batchStatus: "finalizing", completed: 5, failed: 2 });
      const ended = bench.ledger.advance(chunk.id, "ended", { batchStatus: "expired" });
      expect(ended).toMatchObject({ batchStatus: "expired", completed: 5, failed: 2 });
    });

    test("result files have a number each, and their chunk", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      const [one, two] = [bench.chunk(run, "fetched", "a"), bench.chunk(run, "fetched", "b")];
      const first = bench.ledger.addResultFile("one.output.jsonl", one.id);
      expect(bench.ledger.addResultFile("one.output.jsonl", one.id)).toBe(first);
      const second = bench.ledger.addResultFile("two.output.jsonl", two.id);
      expect(bench.ledger.resultFile(first)).toEqual({ name: "one.output.jsonl", chunkId: one.id });
      expect(bench.ledger.resultFile(second)).toEqual({ name: "two.output.jsonl", chunkId: two.id });
    });

    test("what is not there is a bug to ask for", () => {
      const bench = new LedgerBench(backEnd);
      expect(() => bench.ledger.chunk(99)).toThrow(InternalError);
      expect(() => bench.ledger.resultFile(99)).toThrow(InternalError);
      expect(() => bench.ledger.advance(99, "uploading")).toThrow(InternalError);
    });
  });

  describe("settling", () => {
    test("frees what has no outcome, in the order of the lines, page by page", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      const chunk = bench.chunk(run, "fetched", "d", "a", "c", "b");
      bench.answer(chunk, "a");
      expect(bench.settle(chunk).state).toBe("settled");
      const first = bench.ledger.unasked(chunk.id, -1, 2);
      expect(first.map(({ key }) => key)).toEqual(["d", "c"]);
      expect(first[0]).toEqual({
        isReask: false,
        key: "d",
        offset: 0,
        length: 9,
        tokens: 1,
        origin: "in.jsonl:1",
        attempts: 1,
      });
      expect(bench.ledger.unasked(chunk.id, first.at(-1)?.offset ?? -1, 2).map(({ key }) => key)).toEqual(["b"]);
      expect(bench.ledger.isChunkFileNeeded(chunk.id)).toBe(true);
      bench.chunk(run, "sealed", "b", "c", "d");
      expect(bench.ledger.unasked(chunk.id, -1, 9)).toEqual([]);
      expect(bench.ledger.isChunkFileNeeded(chunk.id)).toBe(false);
    });

    test("fails what was tried often enough, and says why", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      for (let attempt = 1; attempt <= RETRIES; attempt++) {
        bench.settle(bench.chunk(run, "fetched", "a"));
        expect(bench.kinds(run, "a")).toEqual(["pending"]);
      }
      const last = bench.settle(bench.chunk(run, "fetched", "a"));
      const failed = { kind: "failed", failure: LATE, attempts: RETRIES + 1, chunkId: last.id };
      expect(bench.ledger.outcomes(["a"], run)).toEqual([failed]);
      expect(bench.ledger.unasked(last.id, -1, 9)).toEqual([]);
    });

    test("that was no try is none, however often", () => {
      const bench = new LedgerBench(backEnd);
      const run = bench.run("s");
      for (let refusals = 0; refusals < 10; refusals++) {
        const chunk = bench.chunk(run, "ended", "a");
        bench.ledger.settle(chunk.id, { failure: LATE, retries: 0, isAttempt: false });
        expect(bench.ledger.unasked(chunk.id, -1, 9)).toMatchObject([{ key: "a", attempts: 0 }]);
      }
    });

    test("a chunk all of whose requests are filed leaves nothing open", () => {
      const bench = new LedgerBench(backEnd);
      const chunk = bench.chunk(bench.run("s"), "fetched", "a");
      bench.answer(chunk, "a");
      bench.settle(chunk);
      expect(bench.ledger.isChunkFileNeeded(chunk.id)).toBe(false);
    });
  });
}
