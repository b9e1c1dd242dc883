import { describe, expect, test } from "vitest";
import { UnfinishedError } from "../../src/core/errors.ts";
import { poll } from "../../src/stages/poll.ts";
import { submit } from "../../src/stages/submit.ts";
import type { BatchScript } from "./fake-provider.ts";
import { type Execution, errorOf, pollToEnd, StageBench } from "./support.ts";

async function submitted(script: BatchScript, execution: Execution = {}) {
  const bench = new StageBench(execution);
  bench.provider.nextBatches(script);
  return { bench, chunk: await submit(bench.seal(["a"]), bench) };
}

describe("poll", () => {
  test.each([
    { status: "completed" as const, outputFileId: "batch-1-output", errorFileId: null },
    { status: "expired" as const, outputFileId: null, errorFileId: null },
    { status: "cancelled" as const, outputFileId: null, errorFileId: null },
    { status: "failed" as const, outputFileId: null, errorFileId: null },
  ])("waits for $status, and files what the provider says of it", async ({ status, ...files }) => {
    const { bench, chunk } = await submitted({ status, looks: 3 });
    const ended = await pollToEnd(chunk, bench);
    expect(ended.chunk).toMatchObject({ state: "ended", batchStatus: status, ...files });
    expect(bench.ledger.chunk(chunk.id)).toEqual(ended.chunk);
    expect(bench.provider.count("retrieveBatch")).toBe(4);
  });

  test("hands on why a batch was turned away", async () => {
    const complaints = [{ code: "invalid_json_line", message: "not JSON", line: 1 }];
    const { bench, chunk } = await submitted({ status: "failed", complaints });
    expect((await pollToEnd(chunk, bench)).errors).toEqual(complaints);
  });

  test.each(["finalizing", "cancelling", "in_progress", "validating"] as const)(
    "does not end at %s",
    async (status) => {
      const { bench, chunk } = await submitted({ status });
      const work = errorOf(pollToEnd(chunk, bench));
      await bench.clock.sleep(3_600_000);
      expect(bench.ledger.chunk(chunk.id).state).toBe("submitted");
      bench.stop.abort(new Error("enough"));
      expect((await work).message).toBe("enough");
    },
  );

  test("waits longer from look to look, up to the provider's longest", async () => {
    const { bench, chunk } = await submitted({ looks: 30 });
    const { firstMs, maxMs } = bench.provider.poll;
    await pollToEnd(chunk, bench);
    const { sleeps } = bench.clock;
    expect(sleeps[0]).toBeLessThanOrEqual(firstMs);
    expect(Math.max(...sleeps)).toBeLessThanOrEqual(maxMs);
    expect(Math.min(...sleeps.slice(-10))).toBeGreaterThan(firstMs * 2);
  });

  test("keeps to the time that the user gave", async () => {
    const { bench, chunk } = await submitted({ looks: 30 });
    await pollToEnd(chunk, { ...bench, signal: bench.signal, intervalMs: 100 });
    expect(Math.max(...bench.clock.sleeps)).toBeLessThanOrEqual(100);
    expect(Math.min(...bench.clock.sleeps)).toBeGreaterThanOrEqual(70);
  });

  test("survives errors that pass", async () => {
    const { bench, chunk } = await submitted({});
    bench.provider.next("retrieveBatch", "unavailable", "rate_limited", "lose reply", "unavailable");
    expect((await pollToEnd(chunk, bench)).chunk.state).toBe("ended");
    expect(bench.log.warnings).toHaveLength(4);
  });

  test("gives up with UnfinishedError when the provider stays away for ten minutes, and not before", async () => {
    const { bench, chunk } = await submitted({});
    bench.provider.next("retrieveBatch", ...Array(1_000).fill("unavailable"));
    const startedAt = bench.clock.now();
    const error = await errorOf(pollToEnd(chunk, bench));
    expect(error).toBeInstanceOf(UnfinishedError);
    expect(error.hint).toContain("batch-1");
    expect(bench.clock.now() - startedAt).toBeGreaterThan(600_000);
    expect(bench.clock.now() - startedAt).toBeLessThan(700_000);
    expect(bench.ledger.chunk(chunk.id).state).toBe("submitted");
  });

  test("one reply in between starts the ten minutes anew", async () => {
    const { bench, chunk } = await submitted({ looks: 1 });
    const away = Array(70).fill("unavailable");
    bench.provider.next("retrieveBatch", ...away, "succeed", ...away);
    const startedAt = bench.clock.now();
    expect((await pollToEnd(chunk, bench)).chunk.state).toBe("ended");
    expect(bench.clock.now() - startedAt).toBeGreaterThan(600_000);
  });

  test.each(["key_refused", "quota", "rejected"] as const)("a %s ends it at once", async (kind) => {
    const { bench, chunk } = await submitted({});
    bench.provider.next("retrieveBatch", kind);
    expect(await errorOf(pollToEnd(chunk, bench))).toMatchObject({ kind });
    expect(bench.provider.count("retrieveBatch")).toBe(1);
    expect(bench.ledger.chunk(chunk.id).state).toBe("submitted");
  });

  test("a batch that is not known yet is waited for as long as the lists may lag, and not longer", async () => {
    const { bench, chunk } = await submitted({});
    bench.provider.next("retrieveBatch", "not_found", "not_found", "not_found");
    expect((await pollToEnd(chunk, bench)).chunk.state).toBe("ended");

    const lost = await submitted({});
    lost.bench.provider.next("retrieveBatch", ...Array(500).fill("not_found"));
    expect(await errorOf(pollToEnd(lost.chunk, lost.bench))).toMatchObject({ kind: "not_found" });
    const { listLagMs, maxMs } = lost.bench.provider.poll;
    expect(lost.bench.clock.elapsedMs).toBeLessThanOrEqual(listLagMs + maxMs);
    expect(lost.bench.ledger.chunk(lost.chunk.id).state).toBe("submitted");
  });
});

describe("poll, with an end of patience", () => {
  test("without any, looks once, and leaves what has not ended as it is", async () => {
    const { bench, chunk } = await submitted({ looks: 1 }, { waitMs: 0 });
    expect(await poll(chunk, bench)).toBeUndefined();
    expect(bench.provider.count("retrieveBatch")).toBe(1);
    expect(bench.clock.sleeps).toEqual([]);
    expect(bench.ledger.chunk(chunk.id)).toMatchObject({ state: "submitted", batchId: "batch-1" });
  });

  test("without any, what has ended is taken all the same", async () => {
    const { bench, chunk } = await submitted({}, { waitMs: 0 });
    expect(await poll(chunk, bench)).toMatchObject({ chunk: { state: "ended", batchStatus: "completed" } });
  });

  test("waits that long and no longer, and looks once more at the very end", async () => {
    const { bench, chunk } = await submitted({ looks: 1_000 }, { waitMs: 10_500 });
    const startedAt = bench.clock.now();
    let lastLook = 0;
    bench.provider.onCall = () => {
      lastLook = bench.clock.now() - startedAt;
    };
    expect(await poll(chunk, bench)).toBeUndefined();
    expect(lastLook).toBe(10_500);
    expect(bench.clock.now() - startedAt).toBe(10_500);
    expect(bench.provider.count("retrieveBatch")).toBeGreaterThan(2);
  });

  test("a provider that does not answer is not waited for beyond it, and that is no error", async () => {
    const { bench, chunk } = await submitted({}, { waitMs: 5_000 });
    bench.provider.next("retrieveBatch", ...Array(50).fill("unavailable"));
    expect(await poll(chunk, bench)).toBeUndefined();
    expect(bench.clock.elapsedMs).toBe(5_000);
    expect(bench.ledger.chunk(chunk.id).state).toBe("submitted");
  });
});

test("each look notes in the ledger how far the batch is", async () => {
  const { bench, chunk } = await submitted({ status: "cancelled", looks: 1 }, { waitMs: 0 });
  const { provider } = bench;
  const { retrieveBatch } = provider;
  const counts = { total: 9, completed: 4, failed: 2 };
  provider.retrieveBatch = async (id) => ({ ...(await retrieveBatch.call(provider, id)), counts });
  await poll(chunk, bench);
  const noted = { batchStatus: "in_progress", completed: 4, failed: 2 };
  expect(bench.ledger.chunk(chunk.id)).toMatchObject({ state: "submitted", ...noted });
  await poll(chunk, bench);
  expect(bench.ledger.chunk(chunk.id)).toMatchObject({ state: "ended", batchStatus: "cancelled", completed: 4 });
});
