import { describe, expect, test } from "vitest";
import type { Clock } from "../../src/core/clock.ts";
import { fetchResults } from "../../src/stages/fetch.ts";
import { submit } from "../../src/stages/submit.ts";
import type { BatchScript } from "../stages/fake-provider.ts";
import { pollToEnd, StageBench } from "../stages/support.ts";
import { answerAll, ENQUEUED, liveOne, rowsOf } from "./chunk-lives.ts";

/** A bench whose patience is over, with a chunk whose batch an earlier execution has submitted. */
async function submittedEarlier(script: BatchScript) {
  const bench = new StageBench({ waitMs: 0 });
  bench.provider.nextBatches(script);
  return { bench, chunk: await submit(bench.seal(["a", "b"], 40), bench) };
}

describe("the life of a chunk that nobody waits for", () => {
  test("a new one is submitted, not looked at, and parked; its room at the provider stays taken", async () => {
    const bench = new StageBench({ waitMs: 0 });
    const { parked, settled, admission } = await liveOne(bench, bench.seal(["a", "b"], 40));
    expect(parked).toMatchObject([{ state: "submitted", batchId: "batch-1" }]);
    expect(settled).toEqual([]);
    expect(bench.provider.calls).toEqual(["upload", "createBatch"]);
    expect(admission.tokensInside).toBe(80);
  });

  test("one for which there is no room is parked as it is; nothing is sent", async () => {
    const bench = new StageBench({ waitMs: 0 });
    const admission = bench.admission({ maxBatches: 1 });
    admission.enterAnyway({ name: "other", tokens: 7 });
    const { parked } = await liveOne(bench, bench.seal(["a"]), { admission });
    expect(parked).toMatchObject([{ state: "sealed" }]);
    expect(bench.provider.calls).toEqual([]);
    expect(admission.tokensInside).toBe(7);
  });

  test("one that an earlier execution has submitted is looked at once; at work still, it keeps its room", async () => {
    const { bench, chunk } = await submittedEarlier({ looks: 1 });
    const full = bench.admission({ maxBatches: 1 });
    full.enterAnyway({ name: "other", tokens: 7 });
    const { parked } = await liveOne(bench, chunk, { admission: full });
    expect(parked).toMatchObject([{ id: chunk.id, state: "submitted" }]);
    expect(bench.provider.count("retrieveBatch")).toBe(1);
    expect(full.tokensInside).toBe(87);
  });

  test("one that has ended is collected, its room given back, and its files deleted", async () => {
    const { bench, chunk } = await submittedEarlier({});
    const { parked, settled, admission } = await liveOne(bench, chunk);
    expect([parked, settled.map(({ id }) => id), admission.tokensInside]).toEqual([[], [chunk.id], 0]);
    expect(bench.outcome("a")?.kind).toBe("answered");
    expect(bench.provider.deleted).toEqual(["file-1", "batch-1-output"]);
    expect(bench.ledger.chunk(chunk.id).cleanedAt).not.toBeNull();
  });

  test("one that was turned away is sent in again without a wait, if it is let in", async () => {
    const { bench, chunk } = await submittedEarlier(ENQUEUED);
    const { parked, admission } = await liveOne(bench, chunk);
    expect(parked).toMatchObject([{ state: "submitted", batchId: "batch-2", fileId: "file-1" }]);
    expect(bench.clock.elapsedMs).toBe(0);
    expect([admission.tokensInside, admission.tokenLimit]).toEqual([80, 100]);
  });

  test("and parked, ready to be sent in again, if it is not", async () => {
    const { bench, chunk } = await submittedEarlier(ENQUEUED);
    const admission = bench.admission({ maxBatches: 1 });
    admission.enterAnyway({ name: "other", tokens: 7 });
    const { parked } = await liveOne(bench, chunk, { admission });
    expect(parked).toMatchObject([{ state: "uploaded", fileId: "file-1" }]);
    expect(bench.provider.count("createBatch")).toBe(1);
    expect(admission.tokensInside).toBe(7);
  });

  test("one that is turned away when patience has just ended is judged by a later execution", async () => {
    const bench = new StageBench({ waitMs: 500 });
    bench.provider.nextBatches({ ...ENQUEUED, looks: 1 });
    const { parked, admission } = await liveOne(bench, bench.seal(["a", "b"], 40));
    expect(parked).toMatchObject([{ state: "ended", batchStatus: "failed" }]);
    expect(admission.tokensInside).toBe(0);
    const later = await liveOne(bench, bench.ledger.chunk(parked[0]?.id ?? 0));
    expect(bench.provider.batches).toHaveLength(2);
    expect(later.settled).toHaveLength(1);
  });

  test("results that are here are settled without a call for them", async () => {
    const { bench, chunk } = await submittedEarlier({});
    const { chunk: ended } = await pollToEnd(chunk, bench);
    const fetched = await fetchResults(ended, bench);
    bench.provider.calls.length = 0;
    const { settled } = await liveOne(bench, fetched);
    expect(settled).toMatchObject([{ state: "settled" }]);
    expect(new Set(bench.provider.calls)).toEqual(new Set(["deleteFile"]));
  });

  test("with --keep-remote its files stay", async () => {
    const { bench, chunk } = await submittedEarlier({});
    await liveOne(bench, chunk, { keepRemote: true });
    expect(bench.provider.deleted).toEqual([]);
    expect(bench.ledger.uncleaned("fake", 9)).toEqual([]);
  });
});

describe("a refusal for enqueued tokens", () => {
  test("teaches the limit, for later runs too, and gives the room back while the chunk waits", async () => {
    const bench = new StageBench();
    bench.provider.nextBatches(ENQUEUED);
    const admission = bench.admission();
    const insideAtSleep: number[] = [];
    const { clock } = bench;
    const waiting: Clock = {
      now: () => clock.now(),
      sleep: (milliseconds, signal) => {
        insideAtSleep.push(admission.tokensInside);
        return clock.sleep(milliseconds, signal);
      },
    };
    await liveOne(bench, bench.seal(["a", "b"], 40), { admission, clock: waiting });
    expect(insideAtSleep).toEqual([0]);
    expect(bench.ledger.tokenLimit("fake", "model-1")).toBe(100);
    expect(bench.admission().tokenLimit).toBe(100);
  });

  test("of a chunk that should fit, time and again and with nothing else in flight, splits it", async () => {
    const bench = new StageBench();
    bench.provider.nextBatches(...Array(6).fill(ENQUEUED));
    const chunks = await answerAll(bench, rowsOf("a", "b"));
    expect(chunks.map(({ tokens }) => tokens)).toEqual([80, 40, 40]);
    expect([...bench.provider.timesAsked.values()]).toEqual([1, 1]);
    expect(bench.outcome("a")).toMatchObject({ kind: "answered", attempts: 1 });
  });
});
