import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Chunk } from "../../src/ledger/ledger.ts";
import type { Admission, AdmissionLimits } from "../../src/stages/admit.ts";
import { sqliteBackEnd } from "../ledger/harness.ts";
import { turn, VirtualClock } from "../support/virtual-clock.ts";
import { errorOf, StageBench } from "./support.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function load(tokens: number, name = "chunk") {
  return { name, tokens };
}

/** A bench whose time stands still until it is moved. */
function stillBench(waitMs?: number): StageBench {
  const clock = new VirtualClock("manual");
  return new StageBench({ clock, ...(waitMs === undefined ? {} : { waitMs }) });
}

/** Another run on the same ledger, at work at the same time. */
function besides(bench: StageBench): StageBench {
  return new StageBench({ earlier: bench });
}

/** A batch that a run has at the provider. */
function submitted(bench: StageBench, text: string, tokens: number): Chunk {
  const chunk = bench.seal([text], tokens);
  for (const state of ["uploading", "uploaded", "creating"] as const) bench.ledger.advance(chunk.id, state);
  return bench.ledger.advance(chunk.id, "submitted");
}

/** What has become of asking to be let in. */
class Visit {
  isOver = false;
  leave: (() => void) | undefined;
  error: unknown;
  readonly work: Promise<void>;

  constructor(admission: Admission, tokens: number) {
    const entered = admission.enter(load(tokens)).then(
      (leave) => (this.leave = leave),
      (error: unknown) => (this.error = error),
    );
    this.work = entered.then(() => {
      this.isOver = true;
    });
  }

  get isInside(): boolean {
    return this.leave !== undefined;
  }
}

async function visits(admission: Admission, ...tokens: readonly number[]): Promise<readonly Visit[]> {
  const all = tokens.map((one) => new Visit(admission, one));
  await turn();
  return all;
}

function inside(all: readonly Visit[]): readonly boolean[] {
  return all.map(({ isInside }) => isInside);
}

describe("what is let in", () => {
  test("never more than the limits, but for one that alone is more; all get in, in order", async () => {
    const bench = new StageBench();
    const sizes = fc.array(fc.nat(15), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 1, max: 4 }), async (loads, maxBatches) => {
        const admission = bench.admission({ enqueuedTokens: 10, maxBatches });
        const order: number[] = [];
        const within: number[] = [];
        const all = loads.map(async (tokens, index) => {
          const leave = await admission.enter(load(tokens));
          order.push(index);
          within.push(tokens);
          expect(admission.tokensInside <= 10 || loads.includes(admission.tokensInside)).toBe(true);
          expect(within.length).toBeLessThanOrEqual(maxBatches);
          for (let turns = tokens % 3; turns >= 0; turns--) await turn();
          within.splice(within.indexOf(tokens), 1);
          leave?.();
        });
        await Promise.all(all);
        expect(order).toEqual([...loads.keys()]);
        expect(admission.tokensInside).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  test("first come, first in: a small one does not pass a big one", async () => {
    const admission = stillBench().admission({ enqueuedTokens: 10 });
    const [first, big, small] = await visits(admission, 6, 8, 1);
    expect([first?.isInside, big?.isInside, small?.isInside]).toEqual([true, false, false]);
    first?.leave?.();
    await turn();
    expect([big?.isInside, small?.isInside]).toEqual([true, true]);
  });

  test("without limits, all", async () => {
    expect(inside(await visits(stillBench().admission(), 0, 1e9, Number.MAX_SAFE_INTEGER))).toEqual([true, true, true]);
  });

  test("what is at the provider already is inside, whatever the limits, and takes its room", async () => {
    const admission = stillBench().admission({ enqueuedTokens: 10, maxBatches: 2 });
    const leaves = [admission.enterAnyway(load(9)), admission.enterAnyway(load(9)), admission.enterAnyway(load(2))];
    expect(admission.tokensInside).toBe(20);
    const [visit] = await visits(admission, 1);
    leaves[0]?.();
    await turn();
    expect(visit?.isInside).toBe(false);
    leaves[1]?.();
    await turn();
    expect(visit?.isInside).toBe(true);
    expect(admission.tokensInside).toBe(3);
  });

  test("an abort ends a wait with its reason, and lets nobody in", async () => {
    const bench = stillBench();
    const admission = bench.admission({ maxBatches: 1 });
    const [first, second] = await visits(admission, 1, 1);
    const reason = new Error("stop");
    bench.stop.abort(reason);
    await second?.work;
    expect(second?.error).toBe(reason);
    first?.leave?.();
    expect(admission.tokensInside).toBe(0);
    expect(bench.clock.sleeperCount).toBe(0);
  });
});

describe("other runs on the ledger", () => {
  test("what they have at the provider takes its room, until it is looked at again", async () => {
    const bench = stillBench();
    const other = besides(bench);
    const theirs = submitted(other, "theirs", 8);
    const admission = bench.admission({ enqueuedTokens: 10 });
    const all = await visits(admission, 2, 1);
    expect(inside(all)).toEqual([true, false]);
    bench.ledger.advance(theirs.id, "ended");
    await bench.clock.advance(5_000);
    expect(inside(all)).toEqual([true, true]);
  });

  test("one that alone is more than the limit waits for theirs, too", async () => {
    const bench = stillBench();
    const theirs = submitted(besides(bench), "theirs", 1);
    const all = await visits(bench.admission({ enqueuedTokens: 10 }), 11);
    expect(inside(all)).toEqual([false]);
    bench.ledger.advance(theirs.id, "ended");
    await bench.clock.advance(5_000);
    expect(inside(all)).toEqual([true]);
  });

  test("what dead ones have there, nobody waits for", async () => {
    const bench = stillBench();
    const other = besides(bench);
    submitted(other, "theirs", 10);
    sqliteBackEnd.moveRun(bench.ledger.directory, other.run.id, "dead process");
    expect(inside(await visits(bench.admission({ enqueuedTokens: 10 }), 10))).toEqual([true]);
  });

  test("its own chunks are not counted twice", async () => {
    const bench = stillBench();
    const own = submitted(bench, "own", 6);
    const admission = bench.admission({ enqueuedTokens: 10 });
    admission.enterAnyway(own);
    expect(inside(await visits(admission, 4))).toEqual([true]);
  });
});

describe("the limit of enqueued tokens", () => {
  test("is the user's, else what was learned, else none", () => {
    const bench = stillBench();
    expect(bench.admission().tokenLimit).toBe(Number.POSITIVE_INFINITY);
    bench.ledger.learnTokenLimit("fake", "model-1", 70);
    bench.ledger.learnTokenLimit("fake", "model-2", 7);
    bench.ledger.learnTokenLimit("other", "model-1", 8);
    expect(bench.admission().tokenLimit).toBe(70);
    expect(bench.admission({ enqueuedTokens: 90 }).tokenLimit).toBe(90);
  });

  test("is learned from then on, for those who wait, and for later runs", async () => {
    const bench = stillBench();
    const admission = bench.admission();
    const [first] = await visits(admission, 8);
    admission.learn(10);
    const [second] = await visits(admission, 3);
    expect(second?.isInside).toBe(false);
    first?.leave?.();
    await turn();
    expect(second?.isInside).toBe(true);
    expect(besides(bench).admission().tokenLimit).toBe(10);
  });

  test("never grows by what is learned", () => {
    const bench = stillBench();
    const admission = bench.admission({ enqueuedTokens: 50 });
    admission.learn(60);
    admission.learn(50);
    expect(admission.tokenLimit).toBe(50);
    expect(bench.ledger.tokenLimit("fake", "model-1")).toBeUndefined();
    admission.learn(40);
    admission.learn(45);
    expect([admission.tokenLimit, bench.ledger.tokenLimit("fake", "model-1")]).toEqual([40, 40]);
  });

  test("that was learned is forgotten after a day", async () => {
    const bench = stillBench();
    bench.admission().learn(10);
    await bench.clock.advance(DAY_MS);
    expect(bench.admission().tokenLimit).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("batches per hour", () => {
  const limits: Partial<AdmissionLimits> = { batchesPerHour: 2 };

  test("waits until the oldest of so many is an hour old, and says so once", async () => {
    const bench = stillBench();
    submitted(bench, "a", 1);
    await bench.clock.advance(600_000);
    submitted(besides(bench), "b", 1);
    await bench.clock.advance(600_000);
    const admission = bench.admission(limits);
    const [visit] = await visits(admission, 1);
    // Others that come and go are no reason to say it again.
    for (let others = 0; others < 3; others++) admission.enterAnyway(load(1))();
    await bench.clock.advance(HOUR_MS - 1_200_000 - 1);
    expect(visit?.isInside).toBe(false);
    await bench.clock.advance(1);
    expect(visit?.isInside).toBe(true);
    const warnings = bench.log.lines.filter(({ level }) => level === "warn");
    expect(warnings).toMatchObject([{ fields: { chunk: "chunk", limit: 2, seconds: 2_400 } }]);
  });

  test("all go on then for whom there is room again", async () => {
    const bench = stillBench();
    for (const text of ["a", "b"]) submitted(bench, text, 1);
    const all = await visits(bench.admission(limits), 1, 1);
    expect(inside(all)).toEqual([false, false]);
    await bench.clock.advance(HOUR_MS);
    expect(inside(all)).toEqual([true, true]);
  });

  test("fewer than so many hold nobody up, nor do those of other providers", async () => {
    const bench = stillBench();
    submitted(bench, "a", 1);
    expect(inside(await visits(bench.admission(limits), 1))).toEqual([true]);
    const elsewhere = bench.admission(limits);
    submitted(bench, "b", 1);
    submitted(bench, "c", 1);
    expect(bench.ledger.creationsSince("other", 0)).toEqual([]);
    expect(inside(await visits(elsewhere, 1))).toEqual([false]);
  });
});

describe("patience", () => {
  test("none: who finds room is let in, who does not is sent away at once", async () => {
    const admission = stillBench(0).admission({ enqueuedTokens: 10 });
    const all = await visits(admission, 6, 5, 4, 1);
    expect(all.map(({ isOver }) => isOver)).toEqual([true, true, true, true]);
    expect(inside(all)).toEqual([true, false, true, false]);
  });

  test("all who wait are sent away when it ends, and not before", async () => {
    const bench = stillBench(1_000);
    const all = await visits(bench.admission({ maxBatches: 1 }), 1, 1, 1);
    await bench.clock.advance(999);
    expect(all.map(({ isOver }) => isOver)).toEqual([true, false, false]);
    await bench.clock.advance(1);
    expect(all.map(({ isOver }) => isOver)).toEqual([true, true, true]);
    expect(inside(all)).toEqual([true, false, false]);
    expect(bench.clock.sleeperCount).toBe(0);
  });

  test("room that comes before it ends is taken", async () => {
    const bench = stillBench(1_000);
    const all = await visits(bench.admission({ maxBatches: 1 }), 1, 1);
    await bench.clock.advance(999);
    all[0]?.leave?.();
    await turn();
    expect(inside(all)).toEqual([true, true]);
  });

  test("a wait for the hour ends with it", async () => {
    const bench = stillBench(1_000);
    submitted(bench, "a", 1);
    const [visit] = await visits(bench.admission({ batchesPerHour: 1 }), 1);
    await bench.clock.advance(1_000);
    expect(visit).toMatchObject({ isOver: true, isInside: false, error: undefined });
  });

  test("one who is sent away lets the next one forward", async () => {
    const bench = stillBench(1_000);
    const admission = bench.admission({ enqueuedTokens: 10 });
    const all = await visits(admission, 6, 5, 4);
    expect(inside(all)).toEqual([true, false, false]);
    await bench.clock.advance(1_000);
    expect(all.map(({ isOver }) => isOver)).toEqual([true, true, true]);
    expect(inside(all)).toEqual([true, false, true]);
    expect(admission.tokensInside).toBe(10);
  });
});

test("an error of the ledger leaves nobody standing in the queue", async () => {
  const bench = stillBench();
  const admission = bench.admission({ batchesPerHour: 1 });
  const { creationsSince } = bench.ledger;
  const broken = () => {
    throw new Error("the disk is full");
  };
  Object.assign(bench.ledger, { creationsSince: broken });
  expect((await errorOf(admission.enter(load(1)))).message).toBe("the disk is full");
  Object.assign(bench.ledger, { creationsSince });
  expect(inside(await visits(admission, 1))).toEqual([true]);
});
