import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { silentLogger } from "../../src/core/logger.ts";
import { NOTHING, type Pruner } from "../../src/ledger/pruner.ts";
import { openSqliteInventory, openSqlitePruner } from "../../src/ledger/sqlite.ts";
import { collectGarbage, type GarbageSettings } from "../../src/pipelines/collect-garbage.ts";
import type { GarbageReport } from "../../src/report/garbage.ts";
import type { LedgerBench } from "../ledger/harness.ts";
import { type Happening, History, happenings } from "../ledger/history.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

vi.setConfig({ testTimeout: 120_000 });

type Row = Readonly<Record<string, unknown>>;

/** What is in a ledger, table by table. */
class Tables {
  readonly requests: readonly Row[];
  readonly chunks: readonly Row[];
  readonly runs: readonly Row[];
  readonly files: readonly Row[];
  readonly #directory: string;

  constructor({ directory }: LedgerBench) {
    const database = new DatabaseSync(join(directory, "ledger.db"), { readOnly: true });
    const all = (table: string): readonly Row[] => database.prepare(`SELECT * FROM ${table} ORDER BY 1`).all();
    [this.requests, this.chunks, this.runs, this.files] = ["requests", "chunks", "runs", "result_files"].map(all) as [
      readonly Row[],
      readonly Row[],
      readonly Row[],
      readonly Row[],
    ];
    database.close();
    this.#directory = directory;
  }

  /** What a run would trip over. */
  get dangling(): readonly string[] {
    const has = (rows: readonly Row[], id: unknown) => rows.some((row) => row["id"] === id);
    const requests = this.requests.flatMap((row) => {
      const key = String(row["key"]);
      const isOpen = ["claimed", "asked", "unasked"].includes(String(row["state"]));
      const replies = isOpen ? [row["result_file"], row["reply_file"]] : [row["result_file"]];
      return [
        ...(has(this.runs, row["run"]) ? [] : [`${key} has no run`]),
        ...(row["chunk"] === null || has(this.chunks, row["chunk"]) ? [] : [`${key} has no chunk`]),
        ...replies.flatMap((id) => (id === null || this.#isThere(id) ? [] : [`${key} has lost file ${id}`])),
      ];
    });
    return [...requests, ...this.#danglingChunks];
  }

  get #danglingChunks(): readonly string[] {
    return this.chunks.flatMap(({ name, state }) => {
      const needed = [
        ...(state === "settled" ? [] : [`chunks/${name}.jsonl`]),
        ...(state === "fetched" ? [`results/${name}.output.jsonl`] : []),
      ];
      return needed.filter((path) => !existsSync(join(this.#directory, path))).map((path) => `${path} is lost`);
    });
  }

  /** Requests that pruning may not touch. */
  keptBy(cutoff: number): readonly Row[] {
    return this.requests.filter((row) => !this.#isPrunable(row, cutoff));
  }

  /** The rule of docs/ledger.md, said once more in other words than the query's. */
  #isPrunable(row: Row, cutoff: number): boolean {
    const run = this.runs.find(({ id }) => id === row["run"]);
    const chunk = this.chunks.find(({ id }) => id === row["chunk"]);
    if (run?.["is_finished"] !== 1) return false;
    if (row["state"] === "answered" || row["state"] === "failed") return Number(row["settled_at"]) < cutoff;
    if (row["state"] === "asked") return chunk?.["state"] === "fetched" && Number(chunk["changed_at"]) < cutoff;
    return Number(run["ended_at"]) < cutoff;
  }

  #isThere(fileId: unknown): boolean {
    const file = this.files.find(({ id }) => id === fileId);
    const hasChunk = this.chunks.some(({ id }) => id === file?.["chunk"]);
    return hasChunk && existsSync(join(this.#directory, "results", String(file?.["name"])));
  }
}

/** Collects garbage with a pruner that fails at its n-th call, as if the process were killed there. */
async function collect(
  { directory, clock }: LedgerBench,
  given: Partial<GarbageSettings> = {},
  killAt = Number.POSITIVE_INFINITY,
): Promise<GarbageReport> {
  const inventory = openSqliteInventory({ directory, clock });
  if (inventory === undefined) throw new Error("there is no ledger");
  const real = openSqlitePruner({ directory, clock });
  let calls = 0;
  const pruner = new Proxy<Pruner>(real, {
    get: (_, name: keyof Pruner) => {
      return (...parameters: never[]) => {
        if (++calls === killAt) throw new Error("killed");
        return Reflect.apply(real[name], real, parameters);
      };
    },
  });
  const now = new VirtualClock();
  const virtual = { now: () => clock.now(), sleep: now.sleep.bind(now) };
  const host = { inventory, pruner, remote: undefined, clock: virtual, log: silentLogger };
  try {
    const settings = { stateDir: directory, dryRun: false, ...given };
    return await collectGarbage(settings, { ...host, signal: new AbortController().signal });
  } finally {
    inventory.close();
    real.close();
  }
}

const olderThan = fc.integer({ min: 0, max: 100 }).map((hours) => hours * 3600);
const RUNS = { numRuns: Number(process.env["SOAK"] ?? 40) };

describe("whatever happened to a ledger", () => {
  test("without a cutoff no request is touched, and nothing dangles", async () => {
    await fc.assert(
      fc.asyncProperty(happenings, async (all) => {
        const { bench } = await new History().take(all);
        const before = new Tables(bench);
        await collect(bench);
        const after = new Tables(bench);
        expect(after.requests).toEqual(before.requests);
        expect(after.dangling).toEqual([]);
        expect(after.runs).toEqual(before.runs);
        expect(after.chunks).toEqual(before.chunks);
      }),
      RUNS,
    );
  });

  test("with one exactly what is older goes, and nothing dangles", async () => {
    await fc.assert(
      fc.asyncProperty(happenings, olderThan, async (all, seconds) => {
        const { bench } = await new History().take(all);
        const before = new Tables(bench);
        const report = await collect(bench, { olderThan: seconds });
        const after = new Tables(bench);
        expect(after.requests).toEqual(before.keptBy(bench.clock.now() - seconds * 1000));
        expect(after.dangling).toEqual([]);
        const { answers, failures, unanswered } = report.rows;
        expect(answers + failures + unanswered).toBe(before.requests.length - after.requests.length);
        expect(report.rows.runs).toBe(before.runs.length - after.runs.length);
        expect(report.rows.chunks).toBe(before.chunks.length - after.chunks.length);
        const unfinished = (rows: readonly Row[]) => rows.filter((row) => row["is_finished"] === 0);
        expect(unfinished(after.runs)).toEqual(unfinished(before.runs));
      }),
      RUNS,
    );
  });

  test("a dry run says what then happens, and changes nothing", async () => {
    await fc.assert(
      fc.asyncProperty(happenings, olderThan, async (all, seconds) => {
        const { bench } = await new History().take(all);
        const before = new Tables(bench);
        const said = await collect(bench, { olderThan: seconds, dryRun: true });
        expect(new Tables(bench)).toEqual(before);
        const done = await collect(bench, { olderThan: seconds });
        expect({ files: said.files, rows: said.rows }).toEqual({ files: done.files, rows: done.rows });
      }),
      RUNS,
    );
  });

  test("killed at any call and done again it comes to the same end, and nothing dangles in between", async () => {
    await fc.assert(
      fc.asyncProperty(happenings, olderThan, fc.integer({ min: 1, max: 60 }), async (all, seconds, killAt) => {
        const [killed, calm] = [await new History().take(all), await new History().take(all)];
        await collect(killed.bench, { olderThan: seconds }, killAt).catch(() => {});
        expect(new Tables(killed.bench).dangling).toEqual([]);
        await collect(killed.bench, { olderThan: seconds });
        await collect(calm.bench, { olderThan: seconds });
        const [after, expected] = [new Tables(killed.bench), new Tables(calm.bench)];
        expect(after.dangling).toEqual([]);
        expect(after.requests).toEqual(expected.requests);
        expect(after.chunks.length).toBe(expected.chunks.length);
        expect((await collect(killed.bench, { olderThan: seconds })).files).toEqual((await collect(calm.bench)).files);
      }),
      RUNS,
    );
  });
});

const HISTORY: readonly Happening[] = [
  { kind: "open", isFresh: false },
  { kind: "ask", run: 0, keys: ["a", "b"] },
  { kind: "settle", chunk: 0, fates: [] },
  { kind: "settle", chunk: 0, fates: [] },
  { kind: "settle", chunk: 0, fates: ["answered", "answered"] },
  { kind: "end", run: 0, how: "finished" },
  { kind: "wait", hours: 40 },
];

test("control: the histories have answers, files and runs in them", async () => {
  const { bench } = await new History().take(HISTORY);
  const tables = new Tables(bench);
  expect(tables.requests.map((row) => row["state"])).toEqual(["answered", "answered"]);
  expect(tables.dangling).toEqual([]);
  expect(await collect(bench, { olderThan: 3600 })).toMatchObject({ rows: { answers: 2, chunks: 1, runs: 0 } });
});

test("control: what dangles is seen", async () => {
  const { bench } = await new History().take(HISTORY);
  const database = new DatabaseSync(join(bench.directory, "ledger.db"));
  onTestFinished(() => database.close());
  database.exec("PRAGMA foreign_keys = OFF; DELETE FROM result_files; DELETE FROM runs; DELETE FROM chunks");
  expect(new Tables(bench).dangling).toHaveLength(6);
});

test("control: a cutoff of nothing is before all times", () => expect(NOTHING).toBeLessThan(0));
