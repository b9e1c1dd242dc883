import { describe, expect, test } from "vitest";
import type { ChunkState, Run } from "../../src/ledger/ledger.ts";
import { type LedgerBackEnd, LedgerBench } from "./harness.ts";

const DAY_MS = 24 * 3_600_000;

/** Chunks of some sizes, for some provider and model. */
class ProviderBench extends LedgerBench {
  #keys = 0;

  load(run: Run, state: ChunkState, given: { tokens?: number; provider?: string; model?: string } = {}) {
    const key = `key ${this.#keys++}`;
    this.ledger.claim([key], run);
    return this.moveTo(this.sealAs(run, [{ key }], given), state);
  }

  elsewhere(run: Run, provider = "p", model = "m") {
    return this.ledger.inFlightElsewhere(provider, model, run.id);
  }
}

export function describeAdmissions(backEnd: LedgerBackEnd): void {
  describe("what others have at the provider", () => {
    test("are the batches of other runs, and may be those that are being created", () => {
      const bench = new ProviderBench(backEnd);
      const [mine, one, two] = [bench.run("s"), bench.run("t"), bench.run("u")];
      expect(bench.elsewhere(mine)).toEqual({ batches: 0, tokens: 0 });
      bench.load(mine, "submitted", { tokens: 1_000 });
      bench.load(one, "creating", { tokens: 5 });
      bench.load(one, "submitted", { tokens: 6 });
      bench.load(two, "submitted", { tokens: 7 });
      for (const state of ["sealed", "uploading", "uploaded", "ended", "fetched"] as const) bench.load(one, state);
      bench.settle(bench.load(one, "fetched"));
      expect(bench.elsewhere(mine)).toEqual({ batches: 3, tokens: 18 });
      expect(bench.elsewhere(one)).toEqual({ batches: 2, tokens: 1_007 });
    });

    test("are those for the same provider and model", () => {
      const bench = new ProviderBench(backEnd);
      const [mine, other] = [bench.run("s"), bench.run("t")];
      bench.load(other, "submitted", { provider: "q", tokens: 5 });
      bench.load(other, "submitted", { model: "n", tokens: 6 });
      expect(bench.elsewhere(mine)).toEqual({ batches: 0, tokens: 0 });
      expect(bench.elsewhere(mine, "q")).toEqual({ batches: 1, tokens: 5 });
      expect(bench.elsewhere(mine, "p", "n")).toEqual({ batches: 1, tokens: 6 });
    });

    test("are those of runs whose process lives: not of one killed, and not of one that has left", () => {
      const bench = new ProviderBench(backEnd);
      const [mine, killed, left, alive] = ["s", "t", "u", "v"].map((signature) => bench.run(signature));
      if (!mine || !killed || !left || !alive) throw new Error("no runs");
      for (const run of [killed, left, alive]) bench.load(run, "submitted", { tokens: run.id });
      bench.kill(killed);
      bench.ledger.closeRun(left.id, { exitStatus: 75, isFinished: false });
      expect(bench.elsewhere(mine)).toEqual({ batches: 1, tokens: alive.id });
      expect(bench.run("t").id).toBe(killed.id);
      expect(bench.elsewhere(mine)).toEqual({ batches: 2, tokens: alive.id + killed.id });
    });
  });

  describe("times of creation", () => {
    test("are those since then, of all runs, whatever has become of them, oldest first", async () => {
      const bench = new ProviderBench(backEnd);
      const runs = [bench.run("s"), bench.run("t"), bench.run("u")];
      const startedAt = bench.clock.now();
      const states = ["creating", "submitted", "fetched"] as const;
      for (const [index, run] of runs.entries()) {
        bench.load(run, "uploaded");
        bench.load(run, states[index] ?? "creating");
        await bench.clock.advance(10);
      }
      for (const run of runs) bench.kill(run);
      bench.load(bench.run("v"), "submitted", { provider: "q" });
      expect(bench.ledger.creationsSince("p", 0)).toEqual([startedAt, startedAt + 10, startedAt + 20]);
      expect(bench.ledger.creationsSince("p", startedAt)).toEqual([startedAt + 10, startedAt + 20]);
      expect(bench.ledger.creationsSince("p", startedAt + 20)).toEqual([]);
      expect(bench.ledger.creationsSince("q", 0)).toEqual([startedAt + 30]);
    });

    test("hold each batch, also one that was turned away and made again", async () => {
      const bench = new ProviderBench(backEnd);
      const chunk = bench.load(bench.run("s"), "ended");
      const firstAt = bench.clock.now();
      await bench.clock.advance(10);
      bench.ledger.advance(chunk.id, "uploaded");
      bench.ledger.advance(chunk.id, "creating");
      expect(bench.ledger.creationsSince("p", 0)).toEqual([firstAt, firstAt + 10]);
    });
  });

  describe("limits of enqueued tokens", () => {
    test("are remembered by provider and model, the latest", () => {
      const bench = new ProviderBench(backEnd);
      bench.ledger.learnTokenLimit("p", "m", 100);
      bench.ledger.learnTokenLimit("p", "n", 200);
      bench.ledger.learnTokenLimit("q", "m", 300);
      bench.ledger.learnTokenLimit("p", "m", 150);
      const limits = [
        bench.ledger.tokenLimit("p", "m"),
        bench.ledger.tokenLimit("p", "n"),
        bench.open().tokenLimit("q", "m"),
      ];
      expect(limits).toEqual([150, 200, 300]);
      expect(bench.ledger.tokenLimit("q", "n")).toBeUndefined();
    });

    test("are forgotten a day after they were learned last", async () => {
      const bench = new ProviderBench(backEnd);
      bench.ledger.learnTokenLimit("p", "m", 100);
      await bench.clock.advance(DAY_MS - 1);
      expect(bench.ledger.tokenLimit("p", "m")).toBe(100);
      bench.ledger.learnTokenLimit("p", "m", 100);
      await bench.clock.advance(DAY_MS - 1);
      expect(bench.ledger.tokenLimit("p", "m")).toBe(100);
      await bench.clock.advance(1);
      expect(bench.ledger.tokenLimit("p", "m")).toBeUndefined();
    });
  });

  describe("what is left at the provider", () => {
    test("are the files of settled chunks, oldest first and not more than asked for, until somebody says they are dealt with", async () => {
      const bench = new ProviderBench(backEnd);
      const run = bench.run("s");
      const settled = [1, 2, 3].map((id) => {
        const chunk = bench.load(run, "uploading");
        bench.ledger.advance(chunk.id, "uploaded", { fileId: `file-${id}` });
        return bench.settle(chunk);
      });
      const ids = settled.map(({ id }) => id);
      const left = (limit: number) => bench.ledger.uncleaned("p", limit).map(({ id }) => id);
      expect([left(9), left(2), bench.ledger.uncleaned("q", 9)]).toEqual([ids, ids.slice(0, 2), []]);
      expect(bench.ledger.uncleaned("p", 1)).toEqual(settled.slice(0, 1));
      await bench.clock.advance(7);
      bench.ledger.markCleaned(ids[0] ?? 0);
      expect(bench.ledger.chunk(ids[0] ?? 0)).toEqual({ ...settled[0], cleanedAt: bench.clock.now() });
      expect(left(9)).toEqual(ids.slice(1));
    });

    test("is nothing of a chunk that is not over, or was never uploaded", () => {
      const bench = new ProviderBench(backEnd);
      const run = bench.run("s");
      for (const state of ["uploaded", "creating", "submitted", "ended", "fetched"] as const) {
        const chunk = bench.load(run, "uploading");
        bench.moveTo(bench.ledger.advance(chunk.id, "uploaded", { fileId: "f" }), state);
      }
      bench.settle(bench.load(run, "sealed"));
      expect(bench.ledger.uncleaned("p", 9)).toEqual([]);
    });

    test("is the upload of a chunk that was dissolved, and of one that was turned away", () => {
      const bench = new ProviderBench(backEnd);
      const run = bench.run("s");
      const [dissolved, away] = [bench.load(run, "uploading"), bench.load(run, "uploading")];
      for (const { id } of [dissolved, away]) bench.ledger.advance(id, "uploaded", { fileId: `file-${id}` });
      bench.moveTo(bench.ledger.chunk(away.id), "ended");
      bench.settle(away);
      bench.kill(run);
      bench.run("s");
      expect(bench.ledger.uncleaned("p", 9).map(({ id }) => id)).toEqual([dissolved.id, away.id]);
    });
  });
}
