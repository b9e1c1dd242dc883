import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BYTES_PER_ARRAY, ROWS_PER_ARRAY } from "../../src/core/batches.ts";
import { Spool, type Ticket } from "../../src/ledger/spool.ts";
import { errorOf } from "../stages/support.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { turn } from "../support/virtual-clock.ts";
import { ticket, tickets } from "./tickets.ts";

const never = new AbortController().signal;

async function readAll(spool: Spool): Promise<readonly Ticket[]> {
  const read: Ticket[] = [];
  for await (const some of spool.read(never)) read.push(...some);
  return read;
}

describe("Spool", () => {
  test("gives back any tickets, the same and in order, however they came", async () => {
    const directory = temporaryDirectory();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(tickets, { maxLength: 5 }), { maxLength: 6 }), async (arrays) => {
        const spool = new Spool(join(directory, "spool"));
        for (const some of arrays) spool.append(some);
        spool.end();
        expect(await readAll(spool)).toEqual(arrays.flat());
        spool.dispose();
      }),
      { numRuns: 40 },
    );
  });

  test("gives them while more are being written", async () => {
    const spool = new Spool(join(temporaryDirectory(), "spool"));
    const reading = readAll(spool);
    for (let line = 0; line < 50; line++) {
      spool.append([ticket(`${line}`, line)]);
      if (line % 3 === 0) await turn();
    }
    spool.end();
    expect((await reading).map(({ row }) => row.position.line)).toEqual(Array.from({ length: 50 }, (_, line) => line));
    spool.dispose();
  });

  test("a ticket comes out as soon as it is written, without waiting for the end", async () => {
    const spool = new Spool(join(temporaryDirectory(), "spool"));
    const reader = spool.read(never);
    const first = reader.next();
    spool.append([ticket("a")]);
    expect((await first).value).toEqual([ticket("a")]);
    await reader.return(undefined);
    spool.dispose();
  });

  test("the arrays that come out are bounded in rows and in bytes", async () => {
    const spool = new Spool(join(temporaryDirectory(), "spool"));
    const long: Ticket = { ...ticket("long"), row: { ...ticket("x").row, kind: "row", text: "x".repeat(100_000) } };
    spool.append([...Array(1_000).fill(ticket("a")), ...Array(20).fill(long)]);
    spool.end();
    for await (const some of spool.read(never)) {
      expect(some.length).toBeLessThanOrEqual(ROWS_PER_ARRAY);
      const bytes = some.reduce((sum, { row }) => sum + (row.kind === "row" ? row.text.length : 0), 0);
      expect(bytes).toBeLessThan(BYTES_PER_ARRAY + 100_000);
    }
    spool.dispose();
  });

  test("files are deleted when they have been read, and none is left at the end", async () => {
    const directory = join(temporaryDirectory(), "spool");
    const spool = new Spool(directory);
    const row = { ...ticket("x").row, kind: "row" as const, text: "x".repeat(8 << 20) };
    for (let line = 0; line < 18; line++) spool.append([{ row, key: `${line}` }]);
    spool.end();
    expect(readdirSync(directory).length).toBeGreaterThan(1);
    const keys = (await readAll(spool)).map((one) => ("key" in one ? one.key : ""));
    expect(keys).toEqual(Array.from({ length: 18 }, (_, line) => `${line}`));
    expect(readdirSync(directory)).toHaveLength(1);
    spool.dispose();
    expect(existsSync(directory)).toBe(false);
  });

  test("what a killed execution left is ignored", async () => {
    const directory = join(temporaryDirectory(), "spool");
    mkdirSync(directory);
    writeFileSync(join(directory, "0.spool"), '{"half');
    writeFileSync(join(directory, "7.spool"), "garbage\n");
    const spool = new Spool(directory);
    expect(existsSync(join(directory, "7.spool"))).toBe(false);
    spool.append([ticket("a")]);
    spool.end();
    expect(await readAll(spool)).toEqual([ticket("a")]);
    spool.dispose();
  });

  test("an empty one ends at once; an abort ends the wait", async () => {
    const empty = new Spool(join(temporaryDirectory(), "spool"));
    empty.end();
    expect(await readAll(empty)).toEqual([]);
    empty.dispose();

    const waiting = new Spool(join(temporaryDirectory(), "spool"));
    const stop = new AbortController();
    const next = errorOf(waiting.read(stop.signal).next());
    stop.abort(new Error("stop"));
    expect((await next).message).toBe("stop");
    waiting.dispose();
  });
});
