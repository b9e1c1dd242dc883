import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ChunkLimits } from "../../src/core/chunk-limits.ts";
import type { RequestRow } from "../../src/core/records.ts";
import { chunkPath } from "../../src/ledger/chunk-file.ts";
import { CHUNK_STATES, type Chunk, type Claim, type RecordedOutcome } from "../../src/ledger/ledger.ts";
import type { WaitingRoom } from "../../src/ledger/waiting-room.ts";
import { ChunkStage } from "../../src/stages/chunk.ts";
import { eventually } from "../support/virtual-clock.ts";
import { errorOf, keyFor, requestRow, StageBench } from "./support.ts";

const WIDE: ChunkLimits = { requests: 1000, bytes: 1_000_000, tokens: Number.POSITIVE_INFINITY, count: undefined };

/** A waiting room that only remembers who came. */
class Register implements WaitingRoom {
  readonly rows: RequestRow[] = [];
  readonly claims: (string | undefined)[] = [];

  add(rows: readonly RequestRow[], claims: ReadonlyMap<string, Claim>): void {
    this.rows.push(...rows);
    this.claims.push(...rows.map((row) => ("request" in row ? claims.get(row.request.key)?.kind : undefined)));
  }

  notify(): void {}
  end(): void {}
  async *settled(): AsyncGenerator<never> {}
  dispose(): void {}
}

function stageOf(bench: StageBench, limits: Partial<ChunkLimits> = {}) {
  const waitingRoom = new Register();
  const { ledger, run, counters, clock, log, signal } = bench;
  const stage = new ChunkStage({
    ...{ ledger, run, counters, clock, log, signal, waitingRoom },
    ...{ provider: "fake", endpoint: bench.endpoint.path, model: "model-1" },
    limits: { ...WIDE, ...limits },
    backoff: { firstMs: 1_000, factor: 2, maxMs: 60_000, jitter: 0 },
  });
  return { stage, waitingRoom };
}

async function* arraysOf(...arrays: (readonly RequestRow[])[]) {
  yield* arrays;
}

type Fate = "answered" | "retry" | "nothing";

/** Takes a chunk through its life, each request to its fate. */
function live(bench: StageBench, chunk: Chunk, fateOf: (question: string) => Fate = () => "answered"): Chunk {
  const { ledger, retries } = bench;

  const reached = CHUNK_STATES.indexOf(ledger.chunk(chunk.id).state);
  for (const state of CHUNK_STATES.slice(reached + 1, -1)) ledger.advance(chunk.id, state);
  const fileId = ledger.addResultFile(`${chunk.name}.output.jsonl`, chunk.id);
  const outcomes = questionsIn(bench, chunk).flatMap((text): RecordedOutcome[] => {
    const key = keyFor(text);
    const fate = fateOf(text);
    if (fate === "answered") return [{ key, kind: "answered", result: { fileId, offset: 0, length: 1 } }];
    return fate === "retry" ? [{ key, kind: "retry", failure: { code: "server_error", message: "500" } }] : [];
  });
  ledger.record(chunk.id, outcomes, retries);
  return ledger.settle(chunk.id, { failure: { code: "expired", message: "late" }, retries, isAttempt: true });
}

function questionsIn(bench: StageBench, chunk: Chunk): string[] {
  const lines = readFileSync(chunkPath(bench.ledger.directory, chunk.name), "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line).body.messages[0].content);
}

/** Runs the stage to its end, each chunk answered at once. @returns the questions of each chunk */
async function chunksOf(bench: StageBench, limits: Partial<ChunkLimits>, ...arrays: (readonly RequestRow[])[]) {
  const { stage, waitingRoom } = stageOf(bench, limits);
  const chunks: { readonly chunk: Chunk; readonly questions: readonly string[] }[] = [];
  for await (const chunk of stage.chunks(arraysOf(...arrays))) {
    chunks.push({ chunk, questions: questionsIn(bench, chunk) });
    stage.onSettled(live(bench, chunk));
  }
  return { chunks, questions: chunks.map(({ questions }) => questions), waitingRoom };
}

describe("ChunkStage", () => {
  test("cuts by rows", async () => {
    const rows = ["a", "b", "c", "d", "e"].map((text, index) => requestRow(text, index + 1));
    const { questions } = await chunksOf(new StageBench(), { requests: 2 }, rows);
    expect(questions).toEqual([["a", "b"], ["c", "d"], ["e"]]);
  });

  test("cuts by tokens", async () => {
    const rows = [6, 5, 5, 1, 10].map((tokens, index) => requestRow(`${index}`, index + 1, tokens));
    const { questions, chunks } = await chunksOf(new StageBench(), { tokens: 10 }, rows);
    expect(questions).toEqual([["0"], ["1", "2"], ["3"], ["4"]]);
    expect(chunks.map(({ chunk }) => chunk.tokens)).toEqual([6, 10, 1, 10]);
  });

  test("never makes a file over the limit of bytes, and none much too small", async () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(lengths, async (texts) => {
        const rows = texts.map((length, index) => requestRow(`${index}${"流".repeat(length / 3)}`, index + 1));
        const { chunks } = await chunksOf(new StageBench(), { bytes: 1_500 }, rows);
        const sizes = chunks.map(({ chunk }) => chunk.bytes);
        expect(Math.max(...sizes)).toBeLessThanOrEqual(1_500);
        const pairs = sizes.slice(1).map((size, index) => size + (sizes[index] ?? 0));
        expect(Math.min(1_501, ...pairs)).toBeGreaterThan(1_500);
        expect(chunks.flatMap(({ questions }) => questions)).toHaveLength(rows.length);
      }),
      { numRuns: 15 },
    );
  });

  test("fills a given number of chunks evenly", async () => {
    const rows = Array.from({ length: 7 }, (_, index) => requestRow(`${index}`, index + 1));
    const { questions } = await chunksOf(new StageBench(), { count: 3 }, rows);
    expect(questions).toEqual([
      ["0", "3", "6"],
      ["1", "4"],
      ["2", "5"],
    ]);
    const few = await chunksOf(new StageBench(), { count: 3 }, rows.slice(0, 2));
    expect(few.questions).toEqual([["0"], ["1"]]);
  });

  test("a request that no chunk can hold is a failed row, and asks nothing", async () => {
    const bench = new StageBench();
    const rows = [requestRow("x".repeat(2_000), 1), requestRow("b", 2, 11), requestRow("c", 3)];
    const { questions, waitingRoom } = await chunksOf(bench, { bytes: 1_000, tokens: 10 }, rows);
    expect(questions).toEqual([["c"]]);
    expect(waitingRoom.rows.map((row) => ("failure" in row ? row.failure.code : "asks"))).toEqual([
      "too_long",
      "too_long",
      "asks",
    ]);
    expect(bench.outcome("b")).toEqual({ kind: "unknown" });
  });

  test("writes each request as a line of the Batch API, sealed in the ledger with its origin", async () => {
    const bench = new StageBench();
    const { stage } = stageOf(bench);
    for await (const chunk of stage.chunks(arraysOf([requestRow("a", 7)]))) {
      const line = readFileSync(chunkPath(bench.ledger.directory, chunk.name), "utf8");
      const { key, bodyText } = requestRow("a", 7).request;
      const head = `{"custom_id":"bgp-${key}","method":"POST","url":"/v1/chat/completions"`;
      expect(line).toBe(`${head},"body":${bodyText}}\n`);
      expect(chunk).toMatchObject({ state: "sealed", requests: 1, bytes: line.length, runId: bench.run.id });
      stage.onSettled(live(bench, chunk, () => "nothing"));
      expect(bench.ledger.unasked(chunk.id, -1, 9)).toMatchObject([{ key, origin: "in.jsonl:7" }]);
      break;
    }
  });

  test("asks equal rows once, in one array or in several, and counts them apart", async () => {
    const bench = new StageBench();
    const again = [requestRow("a", 3), requestRow("c", 4)];
    const { questions } = await chunksOf(bench, {}, [requestRow("a"), requestRow("a", 2)], again);
    expect(questions).toEqual([["a", "c"]]);
    expect(bench.counters).toMatchObject({ rowsAsked: 2, rowsShared: 2, rowsReused: 0, chunks: 1 });
  });

  test("asks nothing that is answered", async () => {
    const bench = new StageBench();
    await chunksOf(bench, {}, [requestRow("a")]);
    const { questions, waitingRoom } = await chunksOf(bench, {}, [requestRow("a"), requestRow("b", 2)]);
    expect(questions).toEqual([["b"]]);
    expect(waitingRoom.claims).toEqual(["settled", "new"]);
    expect(bench.counters.rowsReused).toBe(1);
  });

  test("asks again what came back open, after a wait, only that, and never more often than allowed", async () => {
    const bench = new StageBench();
    const { stage } = stageOf(bench, { requests: 2 });
    const asked: string[][] = [];
    for await (const chunk of stage.chunks(arraysOf(["a", "b", "c"].map((text, line) => requestRow(text, line))))) {
      asked.push(questionsIn(bench, chunk));
      stage.onSettled(live(bench, chunk, (text) => (text === "a" ? "answered" : text === "b" ? "retry" : "nothing")));
    }
    expect(asked).toEqual([["a", "b"], ["c"], ["b", "c"], ["b", "c"], ["b", "c"]]);
    expect(bench.outcome("b")).toMatchObject({ kind: "failed", attempts: 4, failure: { code: "server_error" } });
    expect(bench.outcome("c")).toMatchObject({ kind: "failed", attempts: 4, failure: { code: "expired" } });
    expect(bench.counters.requestsAskedAgain).toBe(6);
    expect(bench.clock.elapsedMs).toBeGreaterThanOrEqual(1_000 + 2_000 + 4_000);
    expect(readdirSync(join(bench.ledger.directory, "chunks"))).toEqual([]);
  });

  test("respects a token limit that it learns on the way", async () => {
    const bench = new StageBench();
    const { stage } = stageOf(bench);
    const asked: string[][] = [];
    for await (const chunk of stage.chunks(arraysOf(["a", "b", "c"].map((text) => requestRow(text, 1, 4))))) {
      asked.push(questionsIn(bench, chunk));
      const isFirst = asked.length === 1;
      if (isFirst) stage.lowerTokenLimit(8);
      stage.onSettled(live(bench, chunk, () => (isFirst ? "nothing" : "answered")));
    }
    expect(asked).toEqual([["a", "b", "c"], ["a", "b"], ["c"]]);
  });

  test("works on a chunk of an earlier execution once, however many rows ask for it", async () => {
    const bench = new StageBench();
    const earlier = bench.chunkIn(["a", "b"], "uploading", "uploaded", "creating", "submitted");
    const { stage } = stageOf(bench);
    const chunks = stage.chunks(arraysOf([requestRow("a")], [requestRow("b", 2)]));
    const { value: resumed } = await chunks.next();
    expect(resumed?.id).toBe(earlier.id);
    const rest = chunks.next();
    await eventually(() => bench.counters.rowsAttached === 2);
    stage.onSettled(live(bench, earlier));
    expect((await rest).done).toBe(true);
  });

  test("waits for what another process is asking, and takes it up when that one stops", async () => {
    const bench = new StageBench();
    const other = bench.ledger.openRun({ pipeline: "other", signature: "o", isFresh: false, files: [] });
    bench.ledger.claim(["a", "b"].map(keyFor), other);
    const { stage } = stageOf(bench);
    // The same row in two arrays: it is asked once all the same.
    const chunks = stage.chunks(arraysOf([requestRow("a")], [requestRow("a", 2), requestRow("b", 3)]));
    const first = chunks.next();
    await bench.clock.sleep(10_000);
    bench.ledger.closeRun(other.id, 75, false);
    const { value } = await first;
    if (value === undefined) throw new Error("no chunk came");
    expect(questionsIn(bench, value).sort()).toEqual(["a", "b"]);
    stage.onSettled(live(bench, value));
    expect((await chunks.next()).done).toBe(true);
    expect(bench.counters).toMatchObject({ rowsAttached: 3, rowsAsked: 0 });
  });

  test("an abort ends the wait for what is in flight, and leaves no half-filled file", async () => {
    const bench = new StageBench();
    const { stage } = stageOf(bench, { requests: 2 });
    const chunks = stage.chunks(arraysOf(["a", "b"].map((text) => requestRow(text))));
    await chunks.next();
    const waiting = errorOf(chunks.next());
    bench.stop.abort(new Error("stop"));
    expect((await waiting).message).toBe("stop");

    const half = stageOf(bench).stage.chunks(
      arraysOf(
        [requestRow("c")],
        ["d", "e"].map((text) => requestRow(text)),
      ),
    );
    await half.return(undefined);
    expect(readdirSync(join(bench.ledger.directory, "chunks"))).toHaveLength(1);
  });

  test("a failing reader ends it, and the half-filled chunk's file goes", async () => {
    const bench = new StageBench();
    async function* failing() {
      yield [requestRow("a")];
      await eventually(() => existsSync(join(bench.ledger.directory, "chunks")));
      throw new Error("the reader failed");
    }
    expect((await errorOf(stageOf(bench).stage.chunks(failing()).next())).message).toBe("the reader failed");
    expect(readdirSync(join(bench.ledger.directory, "chunks"))).toEqual([]);
  });
});
