import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ChunkLimits } from "../../src/core/chunk-limits.ts";
import { customIdOf } from "../../src/core/keys.ts";
import type { RequestRow } from "../../src/core/records.ts";
import { requestLine } from "../../src/core/request-line.ts";
import { chunkPath } from "../../src/ledger/chunk-file.ts";
import type { Chunk } from "../../src/ledger/ledger.ts";
import type { Reask } from "../../src/ledger/second-tries.ts";
import { eventually } from "../support/virtual-clock.ts";
import { arraysOf, linesIn, live, questionsIn, stageOf } from "./chunk-bench.ts";
import { errorOf, keyFor, requestRow, StageBench } from "./support.ts";

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

/** Sends a line under another key, and notes with what reason. */
function reaskWith(reasons: string[]): Reask {
  return (line, reply, isReask) => {
    reasons.push(`${reply.reason} ${isReask ? "again" : "first"}`);
    const { body } = JSON.parse(line.line);
    const sentKey = keyFor(`${body.messages[0].content} with a reason`);
    return { ...line, sentKey, line: requestLine(sentKey, "/v1/chat/completions", JSON.stringify(body)) };
  };
}

function nameOf(question: string, customId: string): string {
  return customId === customIdOf(keyFor(question)) ? question : `${question} with a reason`;
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

  test("reckons with what was learned of each request's tokens, and fails no row for it", async () => {
    const bench = new StageBench();
    const rows = [6, 1, 1, 10].map((tokens, index) => requestRow(`${index}`, index + 1, tokens));
    const { stage } = stageOf(bench, { tokens: 10 }, 2);
    const chunks: unknown[] = [];
    for await (const chunk of stage.chunks(arraysOf(rows))) {
      chunks.push([chunk.tokens, questionsIn(bench, chunk)]);
      stage.onSettled(live(bench, chunk));
    }
    expect(chunks).toEqual([
      [8, ["0"]],
      [6, ["1", "2"]],
      [12, ["3"]],
    ]);
    expect(bench.counters.tokensEstimated).toBe(26);
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

  test("asks again with a reason what was answered invalidly, and as it was what was not answered", async () => {
    const replied: string[] = [];
    const bench = Object.assign(new StageBench(), { reask: reaskWith(replied) });
    const { stage } = stageOf(bench);
    const asked: string[][] = [];
    for await (const chunk of stage.chunks(arraysOf(["a", "b", "c"].map((text, line) => requestRow(text, line))))) {
      asked.push(linesIn(bench, chunk).map(({ question, customId }) => nameOf(question, customId)));
      stage.onSettled(live(bench, chunk, (text) => (text === "a" ? "answered" : text === "b" ? "invalid" : "retry")));
    }
    expect(asked).toEqual([["a", "b", "c"], ...Array(3).fill(["b with a reason", "c"])]);
    expect(bench.outcome("b")).toMatchObject({ kind: "failed", attempts: 4, failure: { code: "invalid_answer" } });
    expect(replied).toEqual(["no grade first", "no grade again", "no grade again"]);
  });

  test("an invalid reply that an earlier execution had is what the row asks again with", async () => {
    const earlier = new StageBench();
    live(earlier, earlier.seal(["a"]), () => "invalid");
    earlier.ledger.closeRun(earlier.run.id, { exitStatus: 75, isFinished: false });
    const bench = Object.assign(new StageBench({ earlier }), { reask: reaskWith([]) });
    const { stage } = stageOf(bench);
    const asked: string[] = [];
    for await (const chunk of stage.chunks(arraysOf([requestRow("a")]))) {
      asked.push(...linesIn(bench, chunk).map(({ question, customId }) => nameOf(question, customId)));
      stage.onSettled(live(bench, chunk));
    }
    expect(asked).toEqual(["a with a reason"]);
    expect(bench.outcome("a")).toMatchObject({ kind: "answered", attempts: 2 });
  });

  test("so is one that another process had, when that one stops", async () => {
    const bench = Object.assign(new StageBench(), { reask: reaskWith([]) });
    const other = new StageBench({ earlier: bench });
    const theirs = other.seal(["a"]);
    const { stage } = stageOf(bench);
    const chunks = stage.chunks(arraysOf([requestRow("a")]));
    const first = chunks.next();
    await bench.clock.sleep(10_000);
    live(other, theirs, () => "invalid");
    bench.ledger.closeRun(other.run.id, { exitStatus: 75, isFinished: false });
    const { value } = await first;
    if (value === undefined) throw new Error("no chunk came");
    expect(linesIn(bench, value).map(({ customId }) => nameOf("a", customId))).toEqual(["a with a reason"]);
    await chunks.return(undefined);
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
    const other = bench.ledger.openRun({ pipeline: "other", label: "rows", signature: "o", isFresh: false, files: [] });
    bench.ledger.claim(["a", "b"].map(keyFor), other);
    const { stage } = stageOf(bench);
    // The same row in two arrays: it is asked once all the same.
    const chunks = stage.chunks(arraysOf([requestRow("a")], [requestRow("a", 2), requestRow("b", 3)]));
    const first = chunks.next();
    await bench.clock.sleep(10_000);
    bench.ledger.closeRun(other.id, { exitStatus: 75, isFinished: false });
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
