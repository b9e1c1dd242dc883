import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { UnfinishedError, UsageError } from "../../src/core/errors.ts";
import { chunkPath } from "../../src/ledger/chunk-file.ts";
import type { Inventory } from "../../src/ledger/inventory.ts";
import type { Chunk, ChunkState } from "../../src/ledger/ledger.ts";
import { openSqliteInventory } from "../../src/ledger/sqlite.ts";
import { type CancelHost, cancel } from "../../src/pipelines/cancel.ts";
import { type CancelSelection, chunksAtProvider, selectTargets } from "../../src/pipelines/cancel-targets.ts";
import { refuseOtherAddress, refuseOtherName } from "../../src/pipelines/check-provider.ts";
import { ProviderError } from "../../src/providers/provider-error.ts";
import { submit } from "../../src/stages/submit.ts";
import { sqliteBackEnd } from "../ledger/harness.ts";
import { FakeProvider } from "../stages/fake-provider.ts";
import { type AskedLine, answerTo } from "../stages/result-lines.ts";
import { errorOf, keyFor, StageBench } from "../stages/support.ts";

/** Remembers what was asked to be cancelled. */
class CancellingProvider extends FakeProvider {
  readonly cancelled: string[] = [];

  override cancelBatch(id: string) {
    this.cancelled.push(id);
    return super.cancelBatch(id);
  }
}

/** A run of a process that is gone, with what it has at the provider. */
class CancelBench {
  readonly bench = new StageBench();
  readonly provider = new CancellingProvider(this.bench.clock);
  readonly stop = new AbortController();

  get ledger() {
    return this.bench.ledger;
  }

  get inventory(): Inventory {
    const inventory = openSqliteInventory({ directory: this.ledger.directory, clock: this.bench.clock });
    if (inventory === undefined) throw new Error("there is no ledger");
    onTestFinished(() => inventory.close());
    return inventory;
  }

  /** Submits a chunk that asks each of these. */
  submit(...texts: readonly string[]): Promise<Chunk> {
    return submit(this.bench.seal(texts), { ...this.bench, provider: this.provider, signal: this.stop.signal });
  }

  kill(): void {
    sqliteBackEnd.moveRun(this.ledger.directory, this.bench.run.id, "dead process");
  }

  /** Cancels; the run is dead by then. */
  async cancel(words: readonly string[] = [], given: Partial<CancelHost> = {}) {
    this.kill();
    const { ledger, inventory, provider } = this;
    const { clock, log } = this.bench;
    const targets = selectTargets({ words, all: false }, inventory);
    const host = { ledger, inventory, provider, clock, log, intervalMs: undefined, waitMs: undefined };
    return cancel(targets, { ...host, signal: this.stop.signal, ...given });
  }

  state(chunk: Chunk): ChunkState {
    return this.ledger.chunk(chunk.id).state;
  }

  runState(): string | undefined {
    return this.inventory.runs({ kind: "numbered", ids: [this.bench.run.id] })[0]?.state;
  }
}

const firstOnly = (asked: readonly AskedLine[]) => asked.slice(0, 1).map((line) => answerTo(line));

test("batches are cancelled, waited for, and what they finished is on disk; the run is over as cancelled", async () => {
  const all = new CancelBench();
  all.provider.nextBatches({ status: "cancelled", looks: 3, output: firstOnly }, { looks: 1 });
  const [one, two] = [await all.submit("a", "b"), await all.submit("c")];
  const { report, exitStatus, error } = await all.cancel();
  expect([exitStatus, error]).toEqual([0, undefined]);
  expect(all.provider.cancelled).toEqual(["batch-1", "batch-2"]);
  expect(report.runs).toMatchObject([
    {
      run: all.bench.run.id,
      state: "cancelled",
      batches: [
        {
          chunk: one.name,
          batch_id: "batch-1",
          outcome: "collected",
          batch_status: "cancelled",
          requests: 2,
          answers: 1,
        },
        // Completed in the meantime.
        {
          chunk: two.name,
          batch_id: "batch-2",
          outcome: "collected",
          batch_status: "completed",
          requests: 1,
          answers: 1,
        },
      ],
    },
  ]);
  expect([all.state(one), all.state(two)]).toEqual(["fetched", "fetched"]);
  expect(readFileSync(join(all.ledger.directory, "results", `${one.name}.output.jsonl`), "utf8")).toContain("re: a");
  expect(all.runState()).toBe("cancelled");
});

test("the next run of the same command is a new one, and takes up what was collected", async () => {
  const all = new CancelBench();
  all.provider.nextBatches({ status: "cancelled", output: firstOnly });
  const chunk = await all.submit("a", "b");
  await all.cancel();
  const run = all.ledger.openRun({ pipeline: "test", label: "", signature: "s", isFresh: false, files: [] });
  expect(run.isTakenOver).toBe(false);
  const claims = all.ledger.claim([keyFor("a"), keyFor("b")], run);
  expect(claims).toEqual(Array(2).fill({ kind: "inChunk", chunkId: chunk.id }));
  expect(all.ledger.chunk(chunk.id)).toMatchObject({ state: "fetched", runId: run.id });
});

test("a batch that ended with nothing to show gives its requests back, and that was no try", async () => {
  const all = new CancelBench();
  all.provider.nextBatches({ status: "cancelled" });
  const chunk = await all.submit("a");
  const { report } = await all.cancel();
  expect(report.runs[0]?.batches).toMatchObject([{ outcome: "released", batch_status: "cancelled", answers: 0 }]);
  expect(all.state(chunk)).toBe("settled");
  expect(all.ledger.unasked(chunk.id, -1, 10)).toMatchObject([{ attempts: 0 }]);
  expect(existsSync(chunkPath(all.ledger.directory, chunk.name))).toBe(false);
});

test("a batch that failed before it began, too", async () => {
  const all = new CancelBench();
  all.provider.nextBatches({ status: "failed", complaints: [{ code: "token_limit_exceeded", message: "full" }] });
  const chunk = await all.submit("a");
  expect(await all.cancel()).toMatchObject({ exitStatus: 0, error: undefined });
  expect(all.ledger.unasked(chunk.id, -1, 10)).toMatchObject([{ attempts: 0 }]);
});

describe("whether a batch was created is unclear", () => {
  async function unclear(isCreated: boolean) {
    const all = new CancelBench();
    const chunk = await all.submit("a");
    // As if the reply had been lost.
    const { batches } = all.provider;
    if (!isCreated) batches.length = 0;
    const database = new DatabaseSync(join(all.ledger.directory, "ledger.db"));
    database.prepare("UPDATE chunks SET state = 'creating', batch_id = NULL WHERE id = ?").run(chunk.id);
    database.close();
    return { all, chunk };
  }

  test("one that was is found, and cancelled", async () => {
    const { all, chunk } = await unclear(true);
    const { report } = await all.cancel();
    expect(all.provider.cancelled).toEqual(["batch-1"]);
    expect(report.runs[0]?.batches).toMatchObject([{ batch_id: "batch-1", outcome: "collected", answers: 1 }]);
    expect(all.state(chunk)).toBe("fetched");
  });

  test("one that was not is looked for until it would have to be listed", async () => {
    const { all, chunk } = await unclear(false);
    const since = all.ledger.chunk(chunk.id).changedAt;
    const { report } = await all.cancel();
    expect(report.runs[0]?.batches).toMatchObject([{ batch_id: null, outcome: "released" }]);
    expect(all.bench.clock.now() - since).toBeGreaterThanOrEqual(120_000);
    expect(all.ledger.unasked(chunk.id, -1, 10)).toMatchObject([{ attempts: 0 }]);
  });
});

test("chunks that were never sent are dissolved, without a provider", async () => {
  const all = new CancelBench();
  const sealed = all.bench.seal(["a"]);
  all.kill();
  const [target] = selectTargets({ words: [], all: false }, all.inventory);
  expect(target && chunksAtProvider(target, all.inventory)).toEqual([]);
  expect(await all.cancel([], { provider: undefined })).toMatchObject({ exitStatus: 0, error: undefined });
  expect(all.state(sealed)).toBe("settled");
  expect([all.runState(), all.provider.calls]).toEqual(["cancelled", []]);
});

test("what is not over when patience ends is left to be cancelled again, by a run that is unfinished", async () => {
  const all = new CancelBench();
  all.provider.isHolding = true;
  const chunk = await all.submit("a");
  expect(await all.cancel([], { waitMs: 30_000 })).toMatchObject({
    exitStatus: 75,
    error: undefined,
    report: { runs: [{ state: "unfinished", batches: [{ outcome: "cancelling", answers: null }] }] },
  });
  expect([all.state(chunk), all.runState()]).toEqual(["submitted", "unfinished"]);
  all.provider.isHolding = false;
  expect(await all.cancel()).toMatchObject({ exitStatus: 0, report: { runs: [{ state: "cancelled" }] } });
});

test("one batch of a run is cancelled, by its id or its chunk's name, and the run is left as it was", async () => {
  const all = new CancelBench();
  const [one, two, three] = [await all.submit("a"), await all.submit("b"), await all.submit("c")];
  const { report } = await all.cancel(["batch-2", three.name]);
  expect(report.runs).toMatchObject([{ state: "unfinished", batches: [{ chunk: two.name }, { chunk: three.name }] }]);
  expect(all.provider.cancelled).toEqual(["batch-2", "batch-3"]);
  expect([one, two, three].map((chunk) => all.state(chunk))).toEqual(["submitted", "fetched", "fetched"]);
  expect(all.runState()).toBe("unfinished");
});

test("what goes wrong with one batch does not keep the others, and is told", async () => {
  const all = new CancelBench();
  const [one, two] = [await all.submit("a"), await all.submit("b")];
  const cancelBatch = all.provider.cancelBatch.bind(all.provider);
  all.provider.cancelBatch = async (id) => {
    if (id === "batch-1") throw new ProviderError("unavailable", "the line is dead");
    return cancelBatch(id);
  };
  const { report, error } = await all.cancel();
  expect(error).toMatchObject({ kind: "unavailable" });
  expect(report.runs).toMatchObject([
    { state: "unfinished", batches: [{ outcome: "failed", error: "the line is dead" }, { outcome: "collected" }] },
  ]);
  expect([all.state(one), all.state(two)]).toEqual(["submitted", "fetched"]);
});

test("stopped by a signal, the run is let go as it was, and the reason is thrown", async () => {
  const all = new CancelBench();
  all.provider.isHolding = true;
  const chunk = await all.submit("a");
  const reason = new Error("stopped");
  all.provider.onCall = () => all.provider.cancelled.length > 0 && all.stop.abort(reason);
  expect(await errorOf(all.cancel())).toBe(reason);
  expect([all.state(chunk), all.runState()]).toEqual(["submitted", "unfinished"]);
});

test("a run that was halted is as finished as before when only part of it has ended", async () => {
  const all = new CancelBench();
  const chunk = await all.submit("a");
  all.ledger.closeRun(all.bench.run.id, { exitStatus: 1, isFinished: true, summary: '{"rows":1}' });
  all.provider.isHolding = true;
  await all.cancel([], { waitMs: 0 });
  const [run] = all.inventory.runs({ kind: "all" });
  expect(run).toMatchObject({ state: "finished", exitStatus: 1, summary: '{"rows":1}' });
  all.provider.isHolding = false;
  await all.cancel();
  expect([all.state(chunk), all.runState()]).toEqual(["fetched", "cancelled"]);
});

describe("what is meant", () => {
  const select = (all: CancelBench, given: Partial<CancelSelection>) =>
    selectTargets({ words: [], all: false, ...given }, all.inventory).map(({ run }) => run.id);

  test("is the one run that is unfinished; of several, one has to be named", () => {
    const all = new CancelBench();
    all.kill();
    expect(select(all, {})).toEqual([1]);
    const other = all.ledger.openRun({
      pipeline: "test",
      label: "b\u001b[2J",
      signature: "t",
      isFresh: false,
      files: [],
    });
    sqliteBackEnd.moveRun(all.ledger.directory, other.id, "dead process");
    expect(() => select(all, {})).toThrow(UsageError);
    const { hint } = caught(() => select(all, {}));
    expect(hint).toContain("1  rows");
    expect(hint).not.toContain("\u001b");
    expect(select(all, { all: true })).toEqual([1, 2]);
    expect(select(all, { words: ["2"] })).toEqual([2]);
    all.ledger.closeRun(1, { exitStatus: 0, isFinished: true });
    expect(select(all, {})).toEqual([2]);
  });

  test("cannot be a run that a living process works on, whether it is named or not", () => {
    const all = new CancelBench();
    for (const given of [{}, { all: true }, { words: ["1"] }]) {
      const error = caught(() => select(all, given));
      expect(error).toBeInstanceOf(UnfinishedError);
      expect([error.message, error.hint].join(" ")).toMatch(
        new RegExp(`process ${process.pid} .*kill -INT ${process.pid}`),
      );
    }
  });

  test("has to be there, and not over", async () => {
    const all = new CancelBench();
    const chunk = await all.submit("a");
    await all.cancel();
    for (const word of ["9", "batch-9", chunk.name, "batch-1"]) {
      expect(() => select(all, { words: [word] })).toThrow(UsageError);
    }
    expect(() => select(all, { words: ["1"], all: true })).toThrow("--all takes no");
  });
});

describe("the provider", () => {
  const chunkAt = (provider: string, runId: number) => ({ provider, runId }) as Chunk;

  test("of another name needs another flag", () => {
    const chunks = [chunkAt("groq@12", 1), chunkAt("openai", 2)];
    const error = caught(() => refuseOtherName(chunks, "openai"));
    expect([error.message, error.hint]).toEqual([
      "run 1 has asked groq, not openai",
      "Give --provider groq, and --base-url and key as that run had them. With the flags given: bg-pipe cancel 2.",
    ]);
    expect(() => refuseOtherName([chunkAt("openai@3", 1)], "openai")).not.toThrow();
  });

  test("at another address needs that, or none", () => {
    expect(caught(() => refuseOtherAddress([chunkAt("openai", 1)], "openai@3"))).toMatchObject({
      message: "run 1 has asked openai at its usual address",
      hint: "Leave --base-url and OPENAI_BASE_URL out.",
    });
    expect(caught(() => refuseOtherAddress([chunkAt("openai@4", 1)], "openai@3"))).toMatchObject({
      message: "run 1 has asked openai at another address",
      hint: "Give the --base-url that it was run with.",
    });
    expect(() => refuseOtherAddress([chunkAt("openai@3", 1)], "openai@3")).not.toThrow();
  });
});

function caught(work: () => unknown): Error & { readonly hint?: string } {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("nothing was thrown");
}
