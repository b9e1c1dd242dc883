import { readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { UnfinishedError } from "../../src/core/errors.ts";
import type { RequestRow } from "../../src/core/records.ts";
import type { Claim, Run } from "../../src/ledger/ledger.ts";
import { CompletionOrderRoom, InputOrderRoom, type SettledRow } from "../../src/ledger/waiting-room.ts";
import { errorOf, goodRow } from "../stages/support.ts";
import { turn } from "../support/virtual-clock.ts";
import { LedgerBench, sqliteBackEnd } from "./harness.ts";

// Each case of a property makes a ledger of its own.
vi.setConfig({ testTimeout: 120_000 });

const never = new AbortController().signal;
const KEYS = ["a", "b", "c", "d"];
const Rooms = { InputOrderRoom, CompletionOrderRoom };

function rowOf(key: string, line: number): RequestRow {
  if (key === "bad") return { row: goodRow(key, line), failure: { code: "missing_field", message: "none" } };
  return { row: goodRow(key, line), request: { key, body: { model: "m" }, bodyText: "", tokens: 0 } };
}

class RoomBench extends LedgerBench {
  readonly own: Run;
  readonly out: SettledRow[] = [];

  constructor() {
    super(sqliteBackEnd);
    this.own = this.run("s");
  }

  claims(rows: readonly RequestRow[]): ReadonlyMap<string, Claim> {
    const keys = [...new Set(rows.flatMap((row) => ("request" in row ? [row.request.key] : [])))];
    return new Map(this.ledger.claim(keys, this.own).map((claim, index) => [keys[index] ?? "", claim]));
  }

  /** Answers what the run has claimed of these keys. */
  settleKeys(...keys: readonly string[]): void {
    const mine = keys.filter((key) => this.kinds(this.own, key)[0] === "pending");
    if (mine.length === 0) return;
    const chunk = this.moveTo(this.seal(this.own, ...mine), "fetched");
    this.answer(chunk, ...mine);
    this.settle(chunk);
  }

  async collect(rows: AsyncIterable<readonly SettledRow[]>): Promise<void> {
    for await (const some of rows) this.out.push(...some);
  }

  get lines(): readonly number[] {
    return this.out.map(({ row }) => row.position.line);
  }
}

/** What happens, in order: rows come, or a key is settled. */
const happenings = fc.array(
  fc.oneof(
    fc.array(fc.constantFrom(...KEYS, "bad"), { minLength: 1, maxLength: 4 }).map((keys) => ({ keys })),
    fc.constantFrom(...KEYS).map((settled) => ({ settled })),
  ),
  { maxLength: 10 },
);

const LEAVING = new UnfinishedError("not waiting");

/** How far things have come when the room is left. */
const cuts = fc.record({ settled: fc.nat(KEYS.length), tells: fc.boolean(), reads: fc.boolean() });

async function turns(count: number): Promise<void> {
  for (let left = count; left > 0; left--) await turn();
}

describe.each(["InputOrderRoom", "CompletionOrderRoom"] as const)("%s", (name) => {
  test("loses no row and doubles none, whatever is settled when", async () => {
    await fc.assert(
      fc.asyncProperty(happenings, async (steps) => {
        const bench = new RoomBench();
        const room = new Rooms[name](bench.ledger, bench.own);
        const work = bench.collect(room.settled(never));
        let line = 0;
        for (const step of steps) {
          if ("settled" in step) bench.settleKeys(step.settled);
          else {
            const rows = step.keys.map((key) => rowOf(key, ++line));
            room.add(rows, bench.claims(rows));
          }
          room.notify();
          await turn();
        }
        bench.settleKeys(...KEYS);
        room.end();
        await work;
        const expected = Array.from({ length: line }, (_, index) => index + 1);
        expect(name === "InputOrderRoom" ? bench.lines : bench.lines.toSorted((a, b) => a - b)).toEqual(expected);
        room.dispose();
        bench.ledger.close();
      }),
      { numRuns: 25 },
    );
  });

  test("hands out each row with its state, or with its failure", async () => {
    const bench = new RoomBench();
    bench.answered("old");
    const room = new Rooms[name](bench.ledger, bench.own);
    const rows = [rowOf("old", 1), rowOf("bad", 2)];
    room.add(rows, bench.claims(rows));
    room.end();
    await bench.collect(room.settled(never));
    expect(bench.out).toMatchObject([
      { key: "old", state: { kind: "answered" } },
      { failure: { code: "missing_field" } },
    ]);
    room.dispose();
  });

  test("a row that is asked several times comes out once, when all of its requests are settled", async () => {
    const bench = new RoomBench();
    bench.answered("old");
    const room = new Rooms[name](bench.ledger, bench.own);
    const row = goodRow("several", 1);
    const several = ["old", "a", "bad", "b"].map((key) => ({ ...rowOf(key, 1), row }));
    const rows = [...several, rowOf("old", 2)];
    room.add(rows, bench.claims(rows));
    const work = bench.collect(room.settled(never));
    bench.settleKeys("a");
    room.notify();
    await turns(5);
    expect(bench.lines).toEqual(name === "InputOrderRoom" ? [] : [2]);
    bench.settleKeys("b");
    room.end();
    await work;
    expect(bench.lines.toSorted()).toEqual([1, 2]);
    const found = bench.out.find((settled) => settled.row.position.line === 1);
    expect(found).toMatchObject({
      parts: [
        { key: "old", isKnown: true, state: { kind: "answered" } },
        { key: "a", state: { kind: "answered" } },
        { failure: { code: "missing_field" } },
        { key: "b" },
      ],
    });
    room.dispose();
  });

  test("the end may come while the last rows are on their way out", async () => {
    const bench = new RoomBench();
    const room = new Rooms[name](bench.ledger, bench.own);
    const rows = [rowOf("a", 1), rowOf("b", 2)];
    room.add(rows, bench.claims(rows));
    bench.settleKeys("a");
    room.notify();
    for await (const some of room.settled(never)) {
      bench.out.push(...some);
      bench.settleKeys("b");
      room.end();
    }
    expect(bench.lines).toEqual([1, 2]);
    room.dispose();
  });

  test("an abort ends the wait", async () => {
    const bench = new RoomBench();
    const room = new Rooms[name](bench.ledger, bench.own);
    const rows = [rowOf("a", 1)];
    room.add(rows, bench.claims(rows));
    const stop = new AbortController();
    const work = errorOf(bench.collect(room.settled(stop.signal)));
    await turn();
    stop.abort(new Error("stop"));
    expect((await work).message).toBe("stop");
    room.dispose();
  });

  test("left, it lets out what is ready, and throws the reason; nothing is let out twice", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...KEYS, "bad"), { maxLength: 8 }), cuts, async (keys, when) => {
        const bench = new RoomBench();
        const room = new Rooms[name](bench.ledger, bench.own);
        const rows = keys.map((key, index) => rowOf(key, index + 1));
        const work = errorOf(bench.collect(room.settled(never)));
        for (const row of rows) room.add([row], bench.claims([row]));
        if (when.reads) await turns(5);
        bench.settleKeys(...KEYS.slice(0, when.settled));
        if (when.tells) room.notify();
        if (when.reads) await turns(5);
        room.leave(LEAVING);
        expect(await work).toBe(LEAVING);
        const isReady = (key: string) => key === "bad" || KEYS.indexOf(key) < when.settled;
        const open = keys.findIndex((key) => !isReady(key));
        const ready = keys.flatMap((key, index) => (isReady(key) ? [index + 1] : []));
        const expected = name === "InputOrderRoom" && open !== -1 ? ready.filter((line) => line <= open) : ready;
        expect(bench.lines.toSorted((a, b) => a - b)).toEqual(expected);
        if (name === "InputOrderRoom") expect(bench.lines).toEqual(expected);
        room.dispose();
        bench.ledger.close();
      }),
      { numRuns: 25 },
    );
  });

  test("left before anybody asks for its rows, it is the same", async () => {
    const bench = new RoomBench();
    const room = new Rooms[name](bench.ledger, bench.own);
    const rows = [rowOf("bad", 1), rowOf("a", 2), rowOf("b", 3)];
    room.add(rows, bench.claims(rows));
    bench.settleKeys("a");
    room.leave(LEAVING);
    expect(await errorOf(bench.collect(room.settled(never)))).toBe(LEAVING);
    expect(bench.lines.toSorted()).toEqual([1, 2]);
    room.dispose();
  });

  test("left while rows are on their way out, it lets out what is settled by then", async () => {
    const bench = new RoomBench();
    const room = new Rooms[name](bench.ledger, bench.own);
    const rows = [rowOf("a", 1), rowOf("b", 2), rowOf("c", 3)];
    room.add(rows, bench.claims(rows));
    bench.settleKeys("a");
    room.notify();
    const slow = async () => {
      for await (const some of room.settled(never)) {
        bench.out.push(...some);
        bench.settleKeys("b");
        room.leave(LEAVING);
      }
    };
    expect(await errorOf(slow())).toBe(LEAVING);
    expect(bench.lines).toEqual([1, 2]);
    room.dispose();
  });

  test("leaves nothing on disk", async () => {
    const bench = new RoomBench();
    const room = new Rooms[name](bench.ledger, bench.own);
    const work = bench.collect(room.settled(never));
    for (const [index, key] of KEYS.entries()) {
      const rows = [rowOf(key, index)];
      room.add(rows, bench.claims(rows));
      await turn();
      bench.settleKeys(key);
      room.notify();
    }
    room.end();
    await work;
    room.dispose();
    expect(
      readdirSync(join(bench.directory, "runs"), { recursive: true, withFileTypes: true }).filter((e) => e.isFile()),
    ).toEqual([]);
  });
});

test("in the order of the input, a settled row waits behind an open one; in order of completion it does not", async () => {
  for (const [Room, expected] of [
    [InputOrderRoom, []],
    [CompletionOrderRoom, [2]],
  ] as const) {
    const bench = new RoomBench();
    const room = new Room(bench.ledger, bench.own);
    const work = bench.collect(room.settled(never));
    const rows = [rowOf("a", 1), rowOf("b", 2)];
    room.add(rows, bench.claims(rows));
    bench.settleKeys("b");
    room.notify();
    for (let turns = 0; turns < 20; turns++) await turn();
    expect(bench.lines).toEqual(expected);
    bench.settleKeys("a");
    room.end();
    await work;
    expect(bench.lines.toSorted()).toEqual([1, 2]);
    room.dispose();
  }
});
