import { describe, expect, test } from "vitest";
import { UnfinishedError } from "../../src/core/errors.ts";
import { poll } from "../../src/stages/poll.ts";
import { submit } from "../../src/stages/submit.ts";
import type { BatchScript } from "./fake-provider.ts";
import { errorOf, StageBench } from "./support.ts";

async function submitted(script: BatchScript) {
  const bench = new StageBench();
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
    const ended = await poll(chunk, bench);
    expect(ended.chunk).toMatchObject({ state: "ended", batchStatus: status, ...files });
    expect(bench.ledger.chunk(chunk.id)).toEqual(ended.chunk);
    expect(bench.provider.count("retrieveBatch")).toBe(4);
  });

  test("hands on why a batch was turned away", async () => {
    const complaints = [{ code: "invalid_json_line", message: "not JSON", line: 1 }];
    const { bench, chunk } = await submitted({ status: "failed", complaints });
    expect((await poll(chunk, bench)).errors).toEqual(complaints);
  });

  test.each(["finalizing", "cancelling", "in_progress", "validating"] as const)(
    "does not end at %s",
    async (status) => {
      const { bench, chunk } = await submitted({ status });
      const work = errorOf(poll(chunk, bench));
      await bench.clock.sleep(3_600_000);
      expect(bench.ledger.chunk(chunk.id).state).toBe("submitted");
      bench.stop.abort(new Error("enough"));
      expect((await work).message).toBe("enough");
    },
  );

  test("waits longer from look to look, up to the provider's longest", async () => {
    const { bench, chunk } = await submitted({ looks: 30 });
    const { firstMs, maxMs } = bench.provider.poll;
    await poll(chunk, bench);
    const { sleeps } = bench.clock;
    expect(sleeps[0]).toBeLessThanOrEqual(firstMs);
    expect(Math.max(...sleeps)).toBeLessThanOrEqual(maxMs);
    expect(Math.min(...sleeps.slice(-10))).toBeGreaterThan(firstMs * 2);
  });

  test("keeps to the time that the user gave", async () => {
    const { bench, chunk } = await submitted({ looks: 30 });
    await poll(chunk, { ...bench, signal: bench.signal, intervalMs: 100 });
    expect(Math.max(...bench.clock.sleeps)).toBeLessThanOrEqual(100);
    expect(Math.min(...bench.clock.sleeps)).toBeGreaterThanOrEqual(70);
  });

  test("survives errors that pass", async () => {
    const { bench, chunk } = await submitted({});
    bench.provider.next("retrieveBatch", "unavailable", "rate_limited", "lose reply", "unavailable");
    expect((await poll(chunk, bench)).chunk.state).toBe("ended");
    expect(bench.log.warnings).toHaveLength(4);
  });

  test("gives up with UnfinishedError when the provider stays away for ten minutes, and not before", async () => {
    const { bench, chunk } = await submitted({});
    bench.provider.next("retrieveBatch", ...Array(1_000).fill("unavailable"));
    const startedAt = bench.clock.now();
    const error = await errorOf(poll(chunk, bench));
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
    expect((await poll(chunk, bench)).chunk.state).toBe("ended");
    expect(bench.clock.now() - startedAt).toBeGreaterThan(600_000);
  });

  test.each(["key_refused", "quota", "rejected"] as const)("a %s ends it at once", async (kind) => {
    const { bench, chunk } = await submitted({});
    bench.provider.next("retrieveBatch", kind);
    expect(await errorOf(poll(chunk, bench))).toMatchObject({ kind });
    expect(bench.provider.count("retrieveBatch")).toBe(1);
    expect(bench.ledger.chunk(chunk.id).state).toBe("submitted");
  });

  test("a batch that is not known yet is waited for as long as the lists may lag, and not longer", async () => {
    const { bench, chunk } = await submitted({});
    bench.provider.next("retrieveBatch", "not_found", "not_found", "not_found");
    expect((await poll(chunk, bench)).chunk.state).toBe("ended");

    const lost = await submitted({});
    lost.bench.provider.next("retrieveBatch", ...Array(500).fill("not_found"));
    expect(await errorOf(poll(lost.chunk, lost.bench))).toMatchObject({ kind: "not_found" });
    const { listLagMs, maxMs } = lost.bench.provider.poll;
    expect(lost.bench.clock.elapsedMs).toBeLessThanOrEqual(listLagMs + maxMs);
    expect(lost.bench.ledger.chunk(lost.chunk.id).state).toBe("submitted");
  });
});
