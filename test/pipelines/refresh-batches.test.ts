import { expect, test } from "vitest";
import { refreshBatches } from "../../src/pipelines/refresh-batches.ts";
import { ProviderError } from "../../src/providers/provider-error.ts";
import { submit } from "../../src/stages/submit.ts";
import { errorOf, StageBench } from "../stages/support.ts";

async function submitted(bench: StageBench, ...texts: readonly string[]) {
  return Promise.all(texts.map((text) => submit(bench.seal([text]), bench)));
}

test("what the provider says is noted, and nothing else is done", async () => {
  const bench = new StageBench();
  const [chunk] = await submitted(bench, "a");
  if (chunk === undefined) throw new Error("no chunk");
  const { retrieveBatch } = bench.provider;
  bench.provider.retrieveBatch = async (id) => ({
    ...(await retrieveBatch.call(bench.provider, id)),
    counts: { total: 1, completed: 1, failed: 0 },
  });
  await refreshBatches([chunk], bench);
  expect(bench.ledger.chunk(chunk.id)).toMatchObject({ state: "submitted", batchStatus: "completed", completed: 1 });
});

test("a batch that cannot be asked for, or is another provider's, is warned of", async () => {
  const bench = new StageBench();
  const chunks = await submitted(bench, "a", "b");
  bench.provider.next("retrieveBatch", "unavailable");
  const [first, second] = chunks;
  if (first === undefined || second === undefined) throw new Error("no chunks");
  await refreshBatches([first, second, { ...second, provider: "other@1" }], bench);
  expect(bench.ledger.chunk(second.id).batchStatus).toBe("completed");
  expect(bench.log.warnings).toEqual([expect.stringContaining("other@1"), "a batch could not be refreshed"]);
  expect(bench.provider.count("retrieveBatch")).toBe(2);
});

test("a refused key, and a signal, end it", async () => {
  const bench = new StageBench();
  const chunks = await submitted(bench, "a", "b");
  bench.provider.next("retrieveBatch", new ProviderError("key_refused", "no"));
  expect(await errorOf(refreshBatches(chunks, bench))).toMatchObject({ kind: "key_refused" });
  bench.provider.next("retrieveBatch", "unavailable");
  bench.stop.abort(new Error("stopped"));
  expect((await errorOf(refreshBatches(chunks, bench))).message).toBe("stopped");
});
