import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { chunkPath } from "../../src/ledger/chunk-file.ts";
import { findGarbage, removeGarbage } from "../../src/ledger/garbage-files.ts";
import { LEASE_MS } from "../../src/ledger/lease.ts";
import type { Chunk, Run } from "../../src/ledger/ledger.ts";
import { NOTHING, type Pruner } from "../../src/ledger/pruner.ts";
import { openSqlitePruner } from "../../src/ledger/sqlite.ts";
import { LedgerBench, RETRIES, sqliteBackEnd } from "./harness.ts";

const DAY = 86_400_000;

class PrunerBench extends LedgerBench {
  readonly pruner: Pruner;

  constructor() {
    super(sqliteBackEnd);
    this.pruner = openSqlitePruner({ directory: this.directory, clock: this.clock });
    onTestFinished(() => this.pruner.close());
  }

  /** A cutoff that takes all that has happened. */
  get now(): number {
    return this.clock.now() + 1;
  }

  /** Changes the tables behind the ledger's back. */
  sql(text: string): void {
    const database = new DatabaseSync(join(this.directory, "ledger.db"));
    database.exec(text);
    database.close();
  }

  finish(run: Run): void {
    this.ledger.closeRun(run.id, { exitStatus: 0, isFinished: true });
  }

  file(folder: string, name: string, content = "1234567"): string {
    const path = join(this.directory, folder, name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  /** Kinds and names of garbage, after it was deleted as far as may be. */
  collectFiles(cutoff = NOTHING): readonly string[] {
    const { directory, pruner } = this;
    const found = [...findGarbage({ directory, pruner, cutoff })];
    const gone = found.filter((file) => removeGarbage(file, pruner));
    return gone.map(({ kind, path }) => `${kind}: ${path.slice(directory.length + 1)}`).sort();
  }

  /** Prunes all requests that a cutoff takes. */
  prune(cutoff: number): number {
    let pruned = 0;
    for (let after: string | undefined = ""; after !== undefined; ) {
      const slice = this.pruner.pruneRequests(cutoff, after);
      if (slice === undefined) throw new Error("held back");
      pruned += slice.answers + slice.failures + slice.unanswered;
      after = slice.last;
    }
    return pruned;
  }
}

describe("requests", () => {
  test("are pruned when they were settled before the cutoff for a run that is finished, and counted", async () => {
    const bench = new PrunerBench();
    bench.answered("old", "old too");
    await bench.clock.advance(DAY);
    const cutoff = bench.clock.now();
    bench.answered("new");
    expect(bench.pruner.countRequests(cutoff)).toEqual({ answers: 2, failures: 0, unanswered: 0 });
    expect(bench.pruner.pruneRequests(cutoff, "")).toEqual({ answers: 2, failures: 0, unanswered: 0, last: undefined });
    expect(bench.kinds(bench.run("s"), "old", "old too", "new")).toEqual(["unknown", "unknown", "answered"]);
  });

  test("of a run that is not finished stay, whatever their age; so does what is in flight", async () => {
    const bench = new PrunerBench();
    const [unfinished, halted] = [bench.run("s"), bench.run("t")];
    const chunk = bench.chunk(unfinished, "fetched", "a", "b");
    bench.answer(chunk, "a");
    bench.settle(chunk);
    bench.chunk(halted, "submitted", "in flight");
    bench.ledger.closeRun(unfinished.id, { exitStatus: 75, isFinished: false });
    bench.finish(halted);
    await bench.clock.advance(100 * DAY);
    expect(bench.prune(bench.now)).toBe(0);
  });

  test("left without outcome by a run that is finished go by the run's end", async () => {
    const bench = new PrunerBench();
    const run = bench.run("s");
    const chunk = bench.chunk(run, "fetched", "late");
    bench.settle(chunk);
    await bench.clock.advance(DAY);
    bench.finish(run);
    expect(bench.pruner.countRequests(bench.clock.now())).toMatchObject({ unanswered: 0 });
    expect(bench.pruner.countRequests(bench.now)).toEqual({ answers: 0, failures: 0, unanswered: 1 });
  });

  test("are not pruned while a run is live, wherever it is; the run is named", async () => {
    const bench = new PrunerBench();
    bench.answered("a");
    const run = bench.run("s");
    expect(bench.pruner.liveRun()).toEqual({ id: run.id, pid: process.pid });
    expect(bench.pruner.pruneRequests(bench.now, "")).toBeUndefined();
    expect(bench.pruner.forgetResultFiles(["any"])).toBe(false);
    expect(bench.pruner.forgetRecords({ chunks: [1], runs: [1] })).toBe(false);
    bench.moveAway(run);
    expect(bench.pruner.liveRun()).toMatchObject({ id: run.id });
    await bench.clock.advance(LEASE_MS);
    expect(bench.pruner.liveRun()).toBeUndefined();
    expect(bench.prune(bench.now)).toBe(1);
  });

  test("are pruned slice by slice, each of them small", () => {
    const bench = new PrunerBench();
    bench.answered("x");
    const database = new DatabaseSync(join(bench.directory, "ledger.db"));
    onTestFinished(() => database.close());
    database.exec(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25000)
       INSERT INTO requests (key, state, run, chunk, result_file, settled_at) SELECT 'k' || i, 'answered', 1, 1, 1, 5 FROM n`,
    );
    const slices: number[] = [];
    for (let after: string | undefined = ""; after !== undefined; ) {
      const slice = bench.pruner.pruneRequests(bench.now, after);
      slices.push(slice?.answers ?? 0);
      after = slice?.last;
    }
    expect(slices).toEqual([10_000, 10_000, 5_001]);
    expect(bench.pruner.countRequests(bench.now).answers).toBe(0);
  });
});

test("an answer that stands while its request was refused for want of budget counts as an answer", async () => {
  const bench = new PrunerBench();
  bench.answered("a");
  await bench.clock.advance(1000);
  const fresh = bench.run("fresh", { isFresh: true });
  bench.ledger.claim(["a", "b"], fresh);
  bench.ledger.refuse(["a", "b"], fresh.id, { code: "budget_exceeded", message: "no money" });
  bench.finish(fresh);
  expect(bench.pruner.countRequests(bench.now)).toEqual({ answers: 1, failures: 1, unanswered: 0 });
  expect(bench.pruner.idleResultFiles(NOTHING)).toEqual([]);
});

describe("result files", () => {
  test("are idle when no request refers to them", async () => {
    const bench = new PrunerBench();
    bench.answered("a");
    expect(bench.pruner.idleResultFiles(NOTHING)).toEqual([]);
    await bench.clock.advance(1000);
    const fresh = bench.run("fresh", { isFresh: true });
    const again = bench.chunk(fresh, "fetched", "a");
    expect(bench.pruner.idleResultFiles(NOTHING)).toEqual([]);
    bench.answer(again, "a");
    bench.settle(again);
    expect(bench.pruner.idleResultFiles(NOTHING)).toEqual([expect.stringMatching(/^r1-\d+\.output/)]);
  });

  test("with a reply that a request is asked again with are needed until it is answered", () => {
    const bench = new PrunerBench();
    const run = bench.run("s");
    const first = bench.chunk(run, "fetched", "a");
    bench.reply(first, "a");
    bench.settle(first);
    expect(bench.pruner.idleResultFiles(NOTHING)).toEqual([]);
    const second = bench.moveTo(bench.seal(run, "a"), "fetched");
    expect(bench.pruner.idleResultFiles(NOTHING)).toEqual([]);
    bench.answer(second, "a");
    bench.settle(second);
    expect(bench.pruner.idleResultFiles(NOTHING)).toEqual([`${first.name}.output.jsonl`]);
  });

  test("are needed while their chunk is open, recorded or not", () => {
    const bench = new PrunerBench();
    const run = bench.run("s");
    const chunk = bench.chunk(run, "fetched", "a");
    bench.file("results", `${chunk.name}.output.jsonl`);
    bench.ledger.closeRun(run.id, { exitStatus: 75, isFinished: true });
    expect(bench.collectFiles()).toEqual([]);
    bench.result(chunk);
    expect(bench.pruner.idleResultFiles(NOTHING)).toEqual([]);
  });
});

describe("records", () => {
  /** A settled chunk of a finished run, long ago. */
  async function idle(given: (bench: PrunerBench, run: Run, chunk: Chunk) => void = () => {}) {
    const bench = new PrunerBench();
    const run = bench.run("s");
    const chunk = bench.chunk(run, "fetched", "a");
    bench.answer(chunk, "a");
    bench.settle(chunk);
    bench.finish(run);
    given(bench, run, chunk);
    await bench.clock.advance(10 * DAY);
    bench.finish(bench.run("newer"));
    return { bench, run, chunk };
  }

  test("go when nothing refers to them", async () => {
    const { bench, run, chunk } = await idle();
    expect(bench.pruner.idleRecords(NOTHING)).toEqual({ chunks: [], runs: [] });
    expect(bench.pruner.idleRecords(bench.now)).toEqual({ chunks: [chunk.id], runs: [run.id] });
    bench.prune(bench.now);
    bench.pruner.forgetResultFiles(bench.pruner.idleResultFiles(bench.now));
    expect(bench.pruner.forgetRecords(bench.pruner.idleRecords(bench.now))).toBe(true);
    expect(bench.ledger.findChunk(chunk.name)).toBeUndefined();
    expect(() => bench.ledger.holdRun(run.id)).toThrow(`no run ${run.id}`);
  });

  test("stay while a request refers to them", async () => {
    const { bench } = await idle((ledger) => {
      // What came of "late" is of no use, but it was last asked in the first run's chunk.
      const run = ledger.run("unfinished");
      const chunk = ledger.chunk(run, "fetched", "late");
      ledger.settle(chunk);
      ledger.ledger.closeRun(run.id, { exitStatus: 75, isFinished: false });
    });
    expect(bench.pruner.idleRecords(bench.now)).toEqual({ chunks: [1], runs: [1] });
  });

  test("of a chunk stay while a request of another run was last asked in it", async () => {
    const bench = new PrunerBench();
    const first = bench.run("s");
    const chunk = bench.chunk(first, "fetched", "late");
    bench.settle(chunk);
    bench.finish(first);
    const second = bench.run("t");
    expect(bench.claim(second, "late")).toEqual(["new"]);
    bench.kill(second);
    await bench.clock.advance(10 * DAY);
    expect(bench.prune(bench.now)).toBe(0);
    expect(bench.pruner.idleRecords(bench.now)).toEqual({ chunks: [], runs: [] });
  });

  test("of a chunk stay while its files may lie at the provider, and for a day", async () => {
    const { bench, chunk } = await idle((ledger, _, { id }) => {
      ledger.sql(`UPDATE chunks SET file_id = 'file-1' WHERE id = ${id}`);
    });
    expect(bench.pruner.idleRecords(bench.now)).toEqual({ chunks: [], runs: [] });
    bench.ledger.markCleaned(chunk.id);
    expect(bench.pruner.idleRecords(bench.now)).toMatchObject({ chunks: [chunk.id] });
    bench.answered("today");
    expect(bench.pruner.idleRecords(bench.now)).toMatchObject({ chunks: [chunk.id] });
  });

  test("of a chunk stay until its cost is told; that of abandoned results is not known, and not told", async () => {
    const { bench, chunk } = await idle((ledger, _, { id }) =>
      ledger.sql(`UPDATE chunks SET batch_id = 'b' WHERE id = ${id}`),
    );
    expect(bench.pruner.idleRecords(bench.now).chunks).toEqual([]);
    expect(bench.ledger.tell(10, () => {})).toBe(1);
    expect(bench.pruner.idleRecords(bench.now).chunks).toEqual([chunk.id]);

    const run = bench.run("cancelled");
    const collected = bench.chunk(run, "fetched", "b");
    bench.sql(`UPDATE chunks SET batch_id = 'b2' WHERE id = ${collected.id}`);
    bench.ledger.closeRun(run.id, { exitStatus: 75, isFinished: true });
    bench.prune(bench.now);
    bench.pruner.endAbandonedChunks(bench.now);
    expect(bench.ledger.chunk(collected.id).state).toBe("settled");
    expect(bench.ledger.tell(10, () => {})).toBe(0);
  });

  test("the newest run stays, so that its number is not given again", async () => {
    const bench = new PrunerBench();
    bench.finish(bench.run("s"));
    await bench.clock.advance(10 * DAY);
    expect(bench.pruner.idleRecords(bench.now)).toEqual({ chunks: [], runs: [] });
  });

  test("of a collected chunk that nobody came for is ended, once its requests are pruned", async () => {
    const bench = new PrunerBench();
    const run = bench.run("s");
    const chunk = bench.chunk(run, "fetched", "a");
    bench.file("results", `${chunk.name}.output.jsonl`);
    bench.file("chunks", `${chunk.name}.jsonl`);
    bench.ledger.closeRun(run.id, { exitStatus: 75, isFinished: true });
    await bench.clock.advance(DAY);
    bench.pruner.endAbandonedChunks(bench.now);
    expect(bench.ledger.chunk(chunk.id).state).toBe("fetched");
    expect(bench.prune(bench.now)).toBe(1);
    bench.pruner.endAbandonedChunks(bench.now);
    expect(bench.ledger.chunk(chunk.id).state).toBe("settled");
    expect(bench.collectFiles()).toEqual([
      `request_files: chunks/${chunk.name}.jsonl`,
      `result_files: results/${chunk.name}.output.jsonl`,
    ]);
  });
});

describe("files", () => {
  test("spools go when their run is over or dead, also those that a killed gc had set aside", () => {
    const bench = new PrunerBench();
    const [live, dead] = [bench.run("s"), bench.run("t")];
    bench.kill(dead);
    for (const name of [`${live.id}`, `${dead.id}`, "77", `${dead.id}.gone-0a1b2c3d`])
      bench.file(`runs/${name}/waiting`, "0");
    bench.file("runs", "notes.txt");
    expect(bench.collectFiles()).toEqual(["spools: runs/2", "spools: runs/2.gone-0a1b2c3d", "spools: runs/77"]);
    expect(readdirSync(join(bench.directory, "runs"))).toEqual([`${live.id}`, "notes.txt"]);
  });

  test("request files stay while their chunk is open, or some of it may be asked again, or a live run fills them", () => {
    const bench = new PrunerBench();
    const [live, dead] = [bench.run("s"), bench.run("t")];
    const open = bench.chunk(dead, "sealed", "a");
    const late = bench.chunk(dead, "fetched", "b");
    bench.settle(late);
    const over = bench.chunk(dead, "fetched", "c");
    bench.answer(over, "c");
    bench.settle(over);
    bench.kill(dead);
    const filling = `r${live.id}-20260101-ff`;
    const abandoned = `r${dead.id}-20260101-ff`;
    for (const name of [open.name, late.name, over.name, filling, abandoned]) bench.file("chunks", `${name}.jsonl`);
    bench.file("chunks", "other.jsonl");
    expect(bench.collectFiles()).toEqual(
      [`request_files: chunks/${over.name}.jsonl`, `request_files: chunks/${abandoned}.jsonl`].sort(),
    );
    expect(existsSync(chunkPath(bench.directory, late.name))).toBe(true);
  });

  test("a download that was broken off goes, unless its run is live", () => {
    const bench = new PrunerBench();
    const run = bench.run("s");
    const chunk = bench.chunk(run, "ended", "a");
    bench.file("results", `${chunk.name}.output.jsonl.part`);
    bench.file("results", "readme.part");
    expect(bench.collectFiles()).toEqual([]);
    bench.kill(run);
    expect(bench.collectFiles()).toEqual([`partial_downloads: results/${chunk.name}.output.jsonl.part`]);
  });

  test("a result file goes when it was taken off the records, not before", () => {
    const bench = new PrunerBench();
    bench.answered("a");
    const [name = ""] = bench.pruner.idleResultFiles(bench.now);
    bench.file("results", name);
    expect(bench.collectFiles()).toEqual([]);
    bench.prune(bench.now);
    bench.pruner.forgetResultFiles([name]);
    expect(bench.collectFiles()).toEqual([`result_files: results/${name}`]);
  });

  test("while a run is free nobody takes it up", () => {
    const bench = new PrunerBench();
    const run = bench.run("s");
    bench.kill(run);
    const impatient = new DatabaseSync(join(bench.directory, "ledger.db"), { timeout: 0 });
    onTestFinished(() => impatient.close());
    const isDone = bench.pruner.whileFree(run.id, () => {
      expect(() => impatient.exec("BEGIN IMMEDIATE")).toThrow("locked");
    });
    expect(isDone).toBe(true);
  });
});

describe("the database", () => {
  /** A ledger of some size, most of it unused. */
  function large(): PrunerBench {
    const bench = new PrunerBench();
    bench.answered(...Array.from({ length: 20_000 }, (_, index) => `a key of some length ${index}`));
    bench.prune(bench.now);
    return bench;
  }

  test("gives back what is not used, beside a live run", () => {
    const bench = large();
    bench.run("live");
    const before = bench.pruner.size();
    for (let slices = 0; bench.pruner.compact(); slices++) expect(slices).toBeLessThan(100);
    expect(bench.pruner.size()).toBeLessThan(before / 5);
  });

  test("of an older bg-pipe is written anew, but only while no run is live", () => {
    const bench = large();
    const database = new DatabaseSync(join(bench.directory, "ledger.db"));
    database.exec("PRAGMA auto_vacuum = NONE; VACUUM");
    database.close();
    bench.answered(...Array.from({ length: 20_000 }, (_, index) => `another key of some length ${index}`));
    bench.prune(bench.now);
    const before = bench.pruner.size();
    const run = bench.run("live");
    expect(bench.pruner.compact()).toBe(false);
    expect(bench.pruner.size()).toBe(before);
    bench.kill(run);
    expect(bench.pruner.compact()).toBe(false);
    expect(bench.pruner.size()).toBeLessThan(before / 5);
  });
});

test("control: a refusal's reply is needed as an answer is", () => {
  const bench = new PrunerBench();
  const chunk = bench.chunk(bench.run("s"), "fetched", "a");
  const result = bench.result(chunk);
  const failure = { code: "refused", message: "no" } as const;
  bench.ledger.record(chunk.id, [{ key: "a", kind: "failed", failure, result }], RETRIES);
  bench.settle(chunk);
  expect(bench.pruner.idleResultFiles(NOTHING)).toEqual([]);
});
