import { describe, expect, test } from "vitest";
import { ProviderError } from "../../src/providers/provider-error.ts";
import { submit } from "../../src/stages/submit.ts";
import { errorOf, StageBench } from "./support.ts";

describe("submit", () => {
  test("uploads the chunk's file and creates a batch with its name, each intent in the ledger before the call", async () => {
    const bench = new StageBench();
    const chunk = bench.seal(["a", "b"]);
    const states: string[] = [];
    const { provider } = bench;
    provider.onCall = () => states.push(bench.ledger.chunk(chunk.id).state);
    const submitted = await submit(chunk, bench);
    expect(states).toEqual(["uploading", "creating"]);
    expect(submitted).toMatchObject({ state: "submitted", fileId: "file-1", batchId: "batch-1" });
    expect(provider.calls).toEqual(["upload", "createBatch"]);
    expect(provider.batches[0]?.batch.metadata).toEqual({ bg_pipe_chunk: chunk.name });
    expect(provider.batches[0]?.asked.map(({ url }) => url)).toEqual([chunk.endpoint, chunk.endpoint]);
    expect(bench.counters.batchesSubmitted).toBe(1);
  });

  test("adopts an upload whose reply was lost", async () => {
    const bench = new StageBench();
    bench.provider.next("upload", "lose reply");
    const submitted = await submit(bench.seal(["a"]), bench);
    expect(submitted).toMatchObject({ state: "submitted", fileId: "file-1" });
    expect(bench.provider.uploads).toHaveLength(1);
  });

  test("uploads again what did not arrive", async () => {
    const bench = new StageBench();
    bench.provider.next("upload", "unavailable", "rate_limited");
    expect(await submit(bench.seal(["a"]), bench)).toMatchObject({ state: "submitted" });
    expect(bench.provider.uploads).toHaveLength(1);
  });

  test.each([0, 1_000, 30_000, 59_000])(
    "adopts a batch whose reply was lost, with a list that lags by %d ms",
    async (lagMs) => {
      const bench = new StageBench();
      bench.provider.lagMs = lagMs;
      bench.provider.next("createBatch", "lose reply");
      const submitted = await submit(bench.seal(["a"]), bench);
      expect(submitted).toMatchObject({ state: "submitted", batchId: "batch-1" });
      expect(bench.provider.batches).toHaveLength(1);
    },
  );

  test("creates a batch again only when the list had time to show the first", async () => {
    const bench = new StageBench();
    bench.provider.next("createBatch", "unavailable");
    const submitted = await submit(bench.seal(["a"]), bench);
    expect(submitted).toMatchObject({ state: "submitted", batchId: "batch-1" });
    expect(bench.provider.count("createBatch")).toBe(2);
    expect(bench.clock.elapsedMs).toBeGreaterThanOrEqual(bench.provider.poll.listLagMs);
  });

  test("survives a search that fails, too", async () => {
    const bench = new StageBench();
    bench.provider.next("createBatch", "lose reply");
    bench.provider.next("findBatch", "unavailable", "rate_limited");
    expect(await submit(bench.seal(["a"]), bench)).toMatchObject({ batchId: "batch-1" });
    expect(bench.provider.batches).toHaveLength(1);
  });

  test("goes on from a chunk that was being uploaded, or being created, when its process was killed", async () => {
    const bench = new StageBench();
    const first = bench.seal(["a"]);
    bench.provider.next("upload", "lose reply");
    bench.provider.next("findUpload", "rejected");
    await errorOf(submit(first, bench));
    expect(bench.ledger.chunk(first.id).state).toBe("uploading");
    bench.provider.next("createBatch", "lose reply");
    bench.provider.next("findBatch", "rejected");
    await errorOf(submit(bench.ledger.chunk(first.id), bench));
    expect(bench.ledger.chunk(first.id).state).toBe("creating");
    expect(await submit(bench.ledger.chunk(first.id), bench)).toMatchObject({ state: "submitted" });
    expect(bench.provider.uploads).toHaveLength(1);
    expect(bench.provider.batches).toHaveLength(1);
  });

  test("does not take the batch that was turned away for the one whose reply was lost", async () => {
    const bench = new StageBench();
    bench.provider.nextBatches({ status: "failed" });
    const submitted = await submit(bench.seal(["a"]), bench);
    bench.ledger.advance(submitted.id, "ended", { batchStatus: "failed" });
    const again = bench.ledger.advance(submitted.id, "uploaded");
    bench.provider.lagMs = 10_000;
    bench.provider.next("createBatch", "lose reply");
    expect(await submit(again, bench)).toMatchObject({ state: "submitted", batchId: "batch-2" });
    expect(bench.provider.batches).toHaveLength(2);
  });

  test("adopts a batch that shows up late, after a further try was refused", async () => {
    const bench = new StageBench();
    bench.provider.lagMs = bench.provider.poll.listLagMs + 500;
    bench.provider.next("createBatch", "lose reply", "rate_limited");
    expect(await submit(bench.seal(["a"]), bench)).toMatchObject({ state: "submitted", batchId: "batch-1" });
    expect(bench.provider.batches).toHaveLength(1);
  });

  test("a refusal for now is waited out as long as the provider asks, and nothing is searched for", async () => {
    const bench = new StageBench();
    const refusal = new ProviderError("rate_limited", "slow down", { retryAfterMs: 45_000 });
    bench.provider.next("createBatch", refusal);
    expect(await submit(bench.seal(["a"]), bench)).toMatchObject({ state: "submitted" });
    expect(bench.clock.sleeps[0]).toBe(45_000);
    expect(bench.provider.count("findBatch")).toBe(0);
  });

  test.each(["key_refused", "quota", "rejected"] as const)("a %s ends it, and leaves no doubt behind", async (kind) => {
    const bench = new StageBench();
    bench.provider.next("createBatch", kind);
    const chunk = bench.seal(["a"]);
    expect(await errorOf(submit(chunk, bench))).toMatchObject({ kind });
    expect(bench.ledger.chunk(chunk.id).state).toBe("uploaded");
    expect(bench.provider.count("createBatch")).toBe(1);
  });

  test("a provider that never answered is given up after a few tries, one that did after ten minutes", async () => {
    const never = new StageBench();
    never.provider.next("upload", ...Array(50).fill("unavailable"));
    never.provider.next("findUpload", ...Array(50).fill("unavailable"));
    expect(await errorOf(submit(never.seal(["a"]), never))).toMatchObject({ kind: "unavailable" });
    expect(never.provider.calls).toHaveLength(4);

    const once = new StageBench();
    once.provider.wasReached = true;
    once.provider.next("upload", ...Array(500).fill("unavailable"));
    once.provider.next("findUpload", ...Array(500).fill("unavailable"));
    await errorOf(submit(once.seal(["a"]), once));
    expect(once.clock.elapsedMs).toBeGreaterThanOrEqual(600_000);
    expect(once.clock.elapsedMs).toBeLessThan(700_000);
  });

  test("an abort ends its wait", async () => {
    const bench = new StageBench();
    bench.provider.next("upload", ...Array(50).fill("rate_limited"));
    bench.provider.wasReached = true;
    const reason = new Error("stop");
    const work = errorOf(submit(bench.seal(["a"]), bench));
    bench.stop.abort(reason);
    expect(await work).toBe(reason);
  });
});
