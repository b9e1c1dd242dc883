import { describe, expect, test } from "vitest";
import { EXIT, UnfinishedError } from "../../src/core/errors.ts";
import type { RequestRow } from "../../src/core/records.ts";
import type { Chunk } from "../../src/ledger/ledger.ts";
import { eventually, turn, VirtualClock } from "../support/virtual-clock.ts";
import { live, questionsIn, reach, stageOf } from "./chunk-bench.ts";
import { errorOf, keyFor, requestRow, StageBench } from "./support.ts";

/** One array for each text, and how many were read. */
class Source {
  readonly #texts: readonly string[];
  read = 0;

  constructor(...texts: readonly string[]) {
    this.#texts = texts;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly RequestRow[]> {
    for (const [index, text] of this.#texts.entries()) {
      this.read++;
      yield [requestRow(text, index + 1)];
    }
  }
}

/** The stage with one request to a chunk, its chunks taken one by one. */
function patient(waitMs: number, ...texts: readonly string[]) {
  const bench = new StageBench({ waitMs, clock: new VirtualClock("manual") });
  const { stage, waitingRoom } = stageOf(bench, { requests: 1 });
  const source = new Source(...texts);
  const chunks = stage.chunks(source);
  const next = async (): Promise<Chunk> => {
    const { value } = await chunks.next();
    if (value === undefined) throw new Error("it is over");
    return value;
  };
  return { bench, stage, waitingRoom, source, chunks, next };
}

/** Waits a few turns for something that should not come about. */
async function aWhile(): Promise<void> {
  for (let turns = 0; turns < 50; turns++) await turn();
}

describe("ChunkStage, when patience is over", () => {
  test("goes on reading while its chunks are let in at the provider, and then leaves", async () => {
    const { bench, stage, waitingRoom, source, chunks, next } = patient(0, "a", "b", "c");
    for (const _ of ["a", "b", "c"]) stage.onParked(reach(bench, await next(), "submitted"));
    expect(source.read).toBe(3);
    const over = errorOf(chunks.next());
    await eventually(() => waitingRoom.reason !== undefined);
    expect(waitingRoom.reason).toBeInstanceOf(UnfinishedError);
    expect(waitingRoom.reason).toMatchObject({
      exitStatus: EXIT.unfinished,
      hint: expect.stringMatching(/same command/),
    });
    expect(waitingRoom.reason?.message).toContain("3 batches are at work, with 3 requests");
    bench.stop.abort(waitingRoom.reason);
    expect(await over).toBe(waitingRoom.reason);
  });

  test("reads no further when a chunk was not let in, and leaves", async () => {
    const { bench, stage, waitingRoom, source, chunks, next } = patient(0, "a", "b", "c");
    stage.onParked(reach(bench, await next(), "submitted"));
    stage.onParked(await next());
    const over = errorOf(chunks.next());
    await eventually(() => waitingRoom.reason !== undefined);
    expect(source.read).toBe(2);
    expect(waitingRoom.reason?.message).toContain("1 batch is at work, with 1 requests");
    expect(bench.outcome("c")).toEqual({ kind: "unknown" });
    bench.stop.abort(waitingRoom.reason);
    await over;
  });

  test.each(["uploading", "uploaded"] as const)("a chunk that is %s is not at the provider, either", async (state) => {
    const { bench, stage, waitingRoom, source, chunks, next } = patient(0, "a", "b");
    stage.onParked(reach(bench, await next(), state));
    void errorOf(chunks.next());
    await eventually(() => waitingRoom.reason !== undefined);
    expect(source.read).toBe(1);
    bench.stop.abort(new Error("over"));
  });

  test.each(["creating", "submitted", "ended"] as const)("one that is %s is", async (state) => {
    const { bench, stage, waitingRoom, source, chunks, next } = patient(0, "a", "b");
    stage.onParked(reach(bench, await next(), state));
    stage.onSettled(live(bench, await next()));
    void errorOf(chunks.next());
    await eventually(() => waitingRoom.reason !== undefined);
    expect(source.read).toBe(2);
    expect(waitingRoom.reason?.message).toContain("1 batch is at work");
    bench.stop.abort(new Error("over"));
  });

  test("leaves only when what is under way has come to its end", async () => {
    const { bench, stage, waitingRoom, chunks, next } = patient(0, "a", "b");
    const first = await next();
    stage.onParked(reach(bench, await next(), "submitted"));
    void errorOf(chunks.next());
    await aWhile();
    expect(waitingRoom.reason).toBeUndefined();
    stage.onSettled(live(bench, first));
    await eventually(() => waitingRoom.reason !== undefined);
    bench.stop.abort(new Error("over"));
  });

  test("leaves no sooner when it has stopped reading", async () => {
    const { bench, stage, waitingRoom, source, chunks, next } = patient(0, "a", "b", "c");
    const first = await next();
    stage.onParked(await next());
    void errorOf(chunks.next());
    await aWhile();
    expect([waitingRoom.reason, source.read]).toEqual([undefined, 2]);
    stage.onSettled(live(bench, first));
    await eventually(() => waitingRoom.reason !== undefined);
    bench.stop.abort(new Error("over"));
  });

  test("asks again at once, in this execution, what comes back open", async () => {
    const { bench, stage, waitingRoom, chunks, next } = patient(0, "a");
    const first = await next();
    const second = next();
    stage.onSettled(live(bench, first, () => "retry"));
    const again = await second;
    expect(questionsIn(bench, again)).toEqual(["a"]);
    expect(bench.clock.elapsedMs).toBe(0);
    stage.onParked(reach(bench, again, "submitted"));
    void errorOf(chunks.next());
    await eventually(() => waitingRoom.reason !== undefined);
    bench.stop.abort(new Error("over"));
  });

  test("with everything settled there is nothing to leave", async () => {
    const { bench, stage, waitingRoom, chunks, next } = patient(0, "a");
    stage.onSettled(live(bench, await next()));
    expect((await chunks.next()).done).toBe(true);
    expect(waitingRoom.reason).toBeUndefined();
  });

  test("does not wait for what another process is asking", async () => {
    const { bench, waitingRoom, chunks } = patient(0, "a");
    const other = new StageBench({ earlier: bench });
    other.ledger.claim([keyFor("a")], other.run);
    void errorOf(chunks.next());
    await eventually(() => waitingRoom.reason !== undefined);
    expect(waitingRoom.reason).toBeInstanceOf(UnfinishedError);
    expect(bench.clock.elapsedMs).toBe(0);
    bench.stop.abort(new Error("over"));
  });

  test("does not look all the time whether what is under way has come to its end", async () => {
    const bench = new StageBench({ waitMs: 0 });
    const chunks = stageOf(bench).stage.chunks(new Source("a"));
    await chunks.next();
    void errorOf(chunks.next());
    await aWhile();
    expect(bench.clock.sleeps.length).toBeLessThan(10);
    bench.stop.abort(new Error("over"));
  });
});

describe("ChunkStage, while patience lasts", () => {
  test("waits for what is to be asked again, and asks it at once when patience ends", async () => {
    const { bench, stage, next } = patient(500, "a");
    const first = await next();
    const second = next();
    // It would be due after a second.
    stage.onSettled(live(bench, first, () => "nothing"));
    await bench.clock.advance(499);
    expect(bench.ledger.chunk(first.id).state).toBe("settled");
    expect(bench.ledger.unasked(first.id, -1, 9)).toHaveLength(1);
    await bench.clock.advance(1);
    expect(questionsIn(bench, await second)).toEqual(["a"]);
  });

  test("what comes back open just when it ends is asked again, or left; it is not forgotten", async () => {
    const { bench, stage, waitingRoom, chunks, next } = patient(5_000, "a");
    const first = await next();
    const second = next();
    stage.onSettled(live(bench, first, () => "retry"));
    await bench.clock.advance(1_000);
    const again = await second;
    // The caller works on it before it takes the next one, as it does at its limit of batches.
    await bench.clock.advance(4_000);
    stage.onSettled(live(bench, again, () => "retry"));
    let end: boolean | undefined;
    void chunks.next().then(({ done }) => (end = done === true));
    await bench.clock.advance(0);
    await eventually(() => end !== undefined || waitingRoom.reason !== undefined);
    expect(end).not.toBe(true);
    bench.stop.abort(new Error("over"));
  });

  test("waits for what another process is asking until it ends, and then leaves", async () => {
    const { bench, waitingRoom, chunks } = patient(10_000, "a");
    const other = new StageBench({ earlier: bench });
    other.ledger.claim([keyFor("a")], other.run);
    void errorOf(chunks.next());
    await aWhile();
    await bench.clock.advance(9_999);
    expect(waitingRoom.reason).toBeUndefined();
    await bench.clock.advance(1);
    await eventually(() => waitingRoom.reason !== undefined);
    bench.stop.abort(new Error("over"));
  });
});
