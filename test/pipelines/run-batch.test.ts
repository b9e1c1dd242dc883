import { describe, expect, test } from "vitest";
import { ConfigurationError, InputDataError } from "../../src/core/errors.ts";
import { submit } from "../../src/stages/submit.ts";
import type { BatchScript } from "../stages/fake-provider.ts";
import { answerTo } from "../stages/result-lines.ts";
import { errorOf, pollToEnd, requestRow, StageBench } from "../stages/support.ts";
import { answerAll, ENQUEUED, rowsOf } from "./chunk-lives.ts";

describe("the life of a chunk", () => {
  test("from sealed to settled", async () => {
    const bench = new StageBench();
    const [chunk] = await answerAll(bench, rowsOf("a", "b"));
    expect(bench.ledger.chunk(chunk?.id ?? 0)).toMatchObject({ state: "settled", batchStatus: "completed" });
    expect([bench.outcome("a")?.kind, bench.outcome("b")?.kind]).toEqual(["answered", "answered"]);
  });

  test("enqueued tokens: waits, then sends the same file in again", async () => {
    const bench = new StageBench();
    bench.provider.nextBatches(ENQUEUED, ENQUEUED);
    const chunks = await answerAll(bench, rowsOf("a", "b"));
    expect(chunks).toHaveLength(1);
    expect(bench.provider.uploads).toHaveLength(1);
    expect(bench.provider.batches.map(({ batch }) => batch.inputFileId)).toEqual(["file-1", "file-1", "file-1"]);
    expect(bench.outcome("b")).toMatchObject({ kind: "answered", attempts: 1 });
    expect(bench.clock.elapsedMs).toBeGreaterThan(bench.provider.poll.maxMs * 0.7 * 3);
  });

  test("a chunk that alone is over the limit is split, and no try is counted", async () => {
    const bench = new StageBench();
    bench.provider.nextBatches(ENQUEUED);
    const chunks = await answerAll(bench, rowsOf("a", "b", "c"));
    expect(chunks.map(({ tokens }) => tokens)).toEqual([120, 80, 40]);
    expect(["a", "b", "c"].map((text) => bench.outcome(text))).toMatchObject(Array(3).fill({ attempts: 1 }));
    expect([...bench.provider.timesAsked.values()]).toEqual([1, 1, 1]);
  });

  test("one request that alone is over the limit fails", async () => {
    const bench = new StageBench();
    bench.provider.nextBatches(ENQUEUED);
    await answerAll(bench, [requestRow("a", 1, 101)]);
    expect(bench.outcome("a")).toMatchObject({ kind: "failed", failure: { code: "too_long" } });
  });

  test("a file that the provider cannot find is sent in again, and at last uploaded anew", async () => {
    const bench = new StageBench();
    const lost = { status: "failed" as const, complaints: [{ code: "x", message: "Cannot find file file-1." }] };
    bench.provider.nextBatches(lost, lost, lost, lost);
    await answerAll(bench, rowsOf("a"));
    expect(bench.provider.batches.map(({ batch }) => batch.inputFileId)).toEqual([
      ...Array(4).fill("file-1"),
      "file-2",
    ]);
    expect(bench.outcome("a")).toMatchObject({ kind: "answered", attempts: 1 });
  });

  test("a batch refused for its requests names the user's rows, and frees them", async () => {
    const bench = new StageBench();
    const complaints = [2, 3, 1, 2].map((line) => ({ code: "invalid", message: `line ${line} is bad`, line }));
    bench.provider.nextBatches({ status: "failed", complaints });
    const error = await errorOf(answerAll(bench, rowsOf("a", "b", "c")));
    expect(error).toBeInstanceOf(InputDataError);
    expect(error.message).toContain("in.jsonl:2: line 2 is bad (invalid); in.jsonl:3: line 3 is bad (invalid)");
    expect(error.message).toContain("and 1 more");
    expect(bench.ledger.claim([requestRow("a").request.key], bench.run)).toEqual([{ kind: "new" }]);
    expect(bench.provider.batches).toHaveLength(1);
  });

  test("a batch refused for its model is a matter of configuration", async () => {
    const bench = new StageBench();
    const complaints = [{ code: "model_not_found", message: "no such model", line: 1 }];
    bench.provider.nextBatches({ status: "failed", complaints });
    expect(await errorOf(answerAll(bench, rowsOf("a")))).toBeInstanceOf(ConfigurationError);
  });

  test("a failed batch that an earlier execution left is judged once more", async () => {
    const bench = new StageBench();
    bench.provider.nextBatches(ENQUEUED);
    const { chunk } = await pollToEnd(await submit(bench.seal(["a", "b"]), bench), bench);
    expect(chunk).toMatchObject({ state: "ended", batchStatus: "failed" });
    const chunks = await answerAll(bench, rowsOf("a", "b"));
    expect(chunks.map(({ id }) => id)).toEqual([chunk.id]);
    expect(bench.provider.batches).toHaveLength(2);
    expect(bench.outcome("a")?.kind).toBe("answered");
  });

  test.each([
    { status: "expired" as const, code: "expired" },
    { status: "cancelled" as const, code: "cancelled" },
  ])("of a batch that is $status, only the rest is asked again, as often as allowed", async ({ status, code }) => {
    const bench = new StageBench();
    const half: BatchScript = { status, output: (asked) => asked.slice(0, 1).map((line) => answerTo(line)) };
    bench.provider.nextBatches(half, ...Array(9).fill({ status }));
    await answerAll(bench, rowsOf("a", "b"));
    expect([...bench.provider.timesAsked.values()]).toEqual([1, 4]);
    expect(bench.outcome("a")).toMatchObject({ kind: "answered", attempts: 1 });
    expect(bench.outcome("b")).toMatchObject({ kind: "failed", attempts: 4, failure: { code } });
  });

  test("lost replies all the way: nothing is sent twice", async () => {
    const bench = new StageBench();
    bench.provider.lagMs = 30_000;
    bench.provider.next("upload", "lose reply");
    bench.provider.next("createBatch", "lose reply");
    bench.provider.next("retrieveBatch", "lose reply", "unavailable");
    await answerAll(bench, rowsOf("a", "b"));
    expect(bench.provider.uploads).toHaveLength(1);
    expect([...bench.provider.timesAsked.values()]).toEqual([1, 1]);
    expect(bench.outcome("a")?.kind).toBe("answered");
  });

  test("leaves the gate when it fails, so that others get in", async () => {
    const bench = new StageBench();
    const admission = bench.admission({ enqueuedTokens: 80 });
    bench.provider.next("upload", "quota");
    expect(await errorOf(answerAll(bench, rowsOf("a", "b"), admission))).toMatchObject({ kind: "quota" });
    expect(admission.tokensInside).toBe(0);
  });
});
