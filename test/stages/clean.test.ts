import { describe, expect, test } from "vitest";
import type { Chunk } from "../../src/ledger/ledger.ts";
import { type CleanOptions, cleanLeftovers, cleanRemote } from "../../src/stages/clean.ts";
import { errorOf, StageBench } from "./support.ts";

/** A chunk that is over, with the files that its batch had. */
function settled(bench: StageBench, text: string, given: Partial<Chunk> = {}): Chunk {
  const { fileId, ...files } = { fileId: `${text}-input`, outputFileId: `${text}-output`, ...given };
  const sealed = bench.chunkIn([text], "uploading");
  if (fileId !== null) bench.ledger.advance(sealed.id, "uploaded", { fileId });
  for (const state of ["uploaded", "creating", "submitted"] as const) bench.ledger.advance(sealed.id, state);
  const { outputFileId, errorFileId = null } = files;
  bench.ledger.advance(sealed.id, "ended", { outputFileId, errorFileId });
  bench.ledger.advance(sealed.id, "fetched");
  const failure = { code: "expired", message: "late" } as const;
  return bench.ledger.settle(sealed.id, { failure, retries: 3, isAttempt: true });
}

function optionsOf(bench: StageBench, given: Partial<CleanOptions> = {}): CleanOptions {
  const { ledger, provider, keepRemote, log, signal } = bench;
  return { ledger, provider, keepRemote, log, signal, ...given };
}

const isCleaned = (bench: StageBench, { id }: Chunk) => bench.ledger.chunk(id).cleanedAt !== null;

describe("cleanRemote", () => {
  test("deletes what the chunk has at the provider, and says so in the ledger", async () => {
    const bench = new StageBench();
    const all = settled(bench, "a", { errorFileId: "a-errors" });
    await cleanRemote(all, optionsOf(bench));
    expect(bench.provider.deleted).toEqual(["a-input", "a-output", "a-errors"]);
    expect(bench.ledger.chunk(all.id)).toMatchObject({ cleanedAt: bench.clock.now(), state: "settled" });
  });

  test("files that there are none of are no calls", async () => {
    const bench = new StageBench();
    await cleanRemote(settled(bench, "a", { outputFileId: null }), optionsOf(bench));
    expect(bench.provider.deleted).toEqual(["a-input"]);
  });

  test("with --keep-remote it deletes nothing, and the chunk is done with all the same", async () => {
    const bench = new StageBench();
    const chunk = settled(bench, "a");
    await cleanRemote(chunk, optionsOf(bench, { keepRemote: true }));
    expect(bench.provider.calls).toEqual([]);
    expect(isCleaned(bench, chunk)).toBe(true);
    await cleanLeftovers(optionsOf(bench));
    expect(bench.provider.calls).toEqual([]);
  });

  test.each(["unavailable", "rejected", "key_refused", "rate_limited"] as const)(
    "a deletion that ends with %s harms nobody, and is done by a later run",
    async (kind) => {
      const bench = new StageBench();
      const chunk = settled(bench, "a");
      bench.provider.next("deleteFile", "succeed", kind);
      await cleanRemote(chunk, optionsOf(bench));
      expect(isCleaned(bench, chunk)).toBe(false);
      expect(bench.log.lines.map(({ level }) => level)).toEqual(["debug"]);
      await cleanLeftovers(optionsOf(bench));
      expect(isCleaned(bench, chunk)).toBe(true);
      expect(new Set(bench.provider.deleted)).toEqual(new Set(["a-input", "a-output"]));
    },
  );

  test("an abort is told, and leaves the chunk to a later run", async () => {
    const bench = new StageBench();
    const chunk = settled(bench, "a");
    const reason = new Error("SIGINT");
    bench.provider.onCall = () => bench.stop.abort(reason);
    bench.provider.next("deleteFile", "unavailable");
    expect(await errorOf(cleanRemote(chunk, optionsOf(bench)))).toBe(reason);
    expect(isCleaned(bench, chunk)).toBe(false);
  });
});

describe("cleanLeftovers", () => {
  test("deletes what settled chunks have left, and touches nothing that is needed or dealt with", async () => {
    const bench = new StageBench();
    await cleanRemote(settled(bench, "done"), optionsOf(bench));
    settled(bench, "left", { errorFileId: "left-errors" });
    settled(bench, "never uploaded", { fileId: null, outputFileId: null });
    for (const state of ["uploaded", "submitted", "ended", "fetched"] as const) reached(bench, state);
    bench.provider.deleted.length = 0;
    await cleanLeftovers(optionsOf(bench));
    expect(bench.provider.deleted).toEqual(["left-input", "left-output", "left-errors"]);
  });

  test("goes on behind one that cannot be deleted", async () => {
    const bench = new StageBench();
    const chunks = ["a", "b", "c"].map((text) => settled(bench, text, { outputFileId: null }));
    bench.provider.next("deleteFile", "succeed", "unavailable");
    await cleanLeftovers(optionsOf(bench));
    expect(chunks.map((chunk) => isCleaned(bench, chunk))).toEqual([true, false, true]);
  });

  test("does not hold up the end of a run for long, however much is left, and begins with the oldest", async () => {
    const bench = new StageBench();
    const chunks = Array.from({ length: 25 }, (_, index) => settled(bench, `${index}`, { outputFileId: null }));
    await cleanLeftovers(optionsOf(bench));
    const count = bench.provider.deleted.length;
    expect(count).toBeLessThan(chunks.length);
    expect(bench.provider.deleted).toEqual(chunks.slice(0, count).map(({ fileId }) => fileId));
    await cleanLeftovers(optionsOf(bench));
    expect(chunks.filter((chunk) => !isCleaned(bench, chunk))).toEqual([]);
  });

  test("leaves alone what lies at another provider", async () => {
    const bench = new StageBench();
    settled(bench, "a");
    const { provider } = bench;
    await cleanLeftovers(optionsOf(bench, { provider: Object.assign(provider, { identity: "elsewhere" }) }));
    expect(provider.calls).toEqual([]);
  });
});

/** A chunk of which something at the provider is still needed. */
function reached(bench: StageBench, state: Chunk["state"]): void {
  const states = ["uploading", "uploaded", "creating", "submitted", "ended", "fetched"] as const;
  const chunk = bench.seal([state]);
  for (const step of states) {
    bench.ledger.advance(chunk.id, step, { fileId: `${state}-input` });
    if (step === state) return;
  }
}
