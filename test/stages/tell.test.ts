import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { OutputError } from "../../src/core/errors.ts";
import { armFailpoints, type Failpoint } from "../../src/core/failpoints.ts";
import type { NewChunk } from "../../src/ledger/ledger.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite.ts";
import { tellUsage, usagePath } from "../../src/stages/tell.ts";
import { billed, spend } from "../ledger/billing.ts";
import { LedgerBench, sqliteBackEnd } from "../ledger/harness.ts";

// Each chunk is a dozen durable steps, and a process takes a second to start on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

/** A ledger whose chunks have something to tell. */
class Told extends LedgerBench {
  readonly run1 = this.run("s");
  readonly path = usagePath(this.directory);
  #count = 0;

  constructor() {
    super(sqliteBackEnd);
  }

  /** Settles so many chunks. @returns their names */
  settled(count = 1, given: Partial<NewChunk> = {}): readonly string[] {
    return Array.from(
      { length: count },
      () => spend(this, this.run1, { [`k${this.#count++}`]: billed(7n) }, given).name,
    );
  }

  get text(): string {
    return existsSync(this.path) ? readFileSync(this.path, "utf8") : "";
  }

  /** The chunks that the file tells of. Each line has to be JSON. */
  get names(): readonly string[] {
    expect(this.text === "" || this.text.endsWith("\n")).toBe(true);
    return this.text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line).chunk_id);
  }
}

/** Tells, and dies at a failpoint. */
function tellAndFailAt(told: Told, failpoint: Failpoint): void {
  onTestFinished(() => armFailpoints(undefined));
  armFailpoints((name) => {
    if (name === failpoint) throw new Error("killed");
  });
  expect(() => tellUsage(told.ledger)).toThrow("killed");
  armFailpoints(undefined);
}

describe("the line of a chunk", () => {
  test("says what it was billed, with exact figures", () => {
    const told = new Told();
    const usage = { input: 1_000, cached: 600, output: 50, reasoning: 20 };
    const given = { name: "r1-x", model: "m", provider: "p@x", estimatedCost: 10n ** 18n + 1n, apiKeyId: "0123abcd" };
    spend(told, told.run1, { a: billed(2n ** 60n, usage), b: billed(1n) }, given);
    tellUsage(told.ledger);
    expect(told.text).toBe(
      '{"timestamp":"2026-01-15T12:00:00.000Z","run_id":1,"chunk_id":"r1-x","batch_id":"batch-of-r1-x",' +
        '"provider":"p@x","model":"m","mode":"batch","api_key_id":"0123abcd","requests":2,"input_tokens":1010,' +
        '"cached_tokens":600,"output_tokens":52,"reasoning_tokens":20,"total_tokens":1062,' +
        '"cost_usd":1152921.504606846977,"estimated_cost_usd":1000000.000000000001}\n',
    );
  });

  test("has null for what is not known: a sum that lacks a price is none", () => {
    const told = new Told();
    spend(told, told.run1, { a: billed(undefined), b: billed(5n) });
    tellUsage(told.ledger);
    const event = JSON.parse(told.text);
    expect(event).toMatchObject({ requests: 2, input_tokens: 20, cost_usd: null, estimated_cost_usd: null });
    expect(event.api_key_id).toBeNull();
  });

  test("when nothing was billed, that is 0 and known", () => {
    const told = new Told();
    spend(told, told.run1, {}, { estimatedCost: 5n });
    tellUsage(told.ledger);
    expect(JSON.parse(told.text)).toMatchObject({ requests: 0, cost_usd: 0, estimated_cost_usd: 5e-12 });
  });
});

describe("the file", () => {
  test("has a line for each settled chunk, in their order, however many there are and however often it is told", () => {
    const told = new Told();
    const names = told.settled(110);
    tellUsage(told.ledger);
    tellUsage(told.ledger);
    expect(told.names).toEqual(names);
    const more = told.settled(100);
    tellUsage(told.open());
    expect(told.names).toEqual([...names, ...more]);
  });

  test("is not made for nothing", () => {
    const told = new Told();
    tellUsage(told.ledger);
    expect(existsSync(told.path)).toBe(false);
  });

  test.each(["usage.told.before", "usage.write.before", "usage.write.after"] as const)(
    "killed at %s, the next one tells what is missing, and nothing twice",
    (failpoint) => {
      const told = new Told();
      const names = told.settled(102);
      tellAndFailAt(told, failpoint);
      const more = told.settled(2);
      tellUsage(told.ledger);
      expect(told.names).toEqual([...names, ...more]);
    },
  );

  test.each([1, 40, 150, 431])("cut off %s bytes before its end by a full disk, the line comes whole", (bytes) => {
    const told = new Told();
    const names = told.settled(3);
    tellAndFailAt(told, "usage.write.after");
    const { length } = told.text;
    truncateSync(told.path, length - bytes);
    tellUsage(told.ledger);
    expect(told.names.toSorted()).toEqual(names.toSorted());
    expect(told.text).toHaveLength(length);
  });

  test("what others have put there stays, also without a line's end", () => {
    const told = new Told();
    for (const text of ["# from before\n", "# mine"]) {
      appendFileSync(told.path, text);
      told.settled();
      tellUsage(told.ledger);
    }
    expect(told.text.split("\n").map((line) => line.slice(0, 6))).toEqual(["# from", '{"time', "# mine", '{"time', ""]);
  });

  test("taken away, it is begun anew with what is new", () => {
    const told = new Told();
    told.settled(2);
    tellUsage(told.ledger);
    rmSync(told.path);
    const names = told.settled(1);
    tellUsage(told.ledger);
    expect(told.names).toEqual(names);
  });

  test("that cannot be written ends it with its name; nothing is taken for told", () => {
    const told = new Told();
    const names = told.settled(2);
    mkdirSync(told.path);
    expect(() => tellUsage(told.ledger)).toThrow(OutputError);
    expect(() => tellUsage(told.ledger)).toThrow(told.path);
    rmSync(told.path, { recursive: true });
    tellUsage(told.ledger);
    expect(told.names).toEqual(names);
  });
});

describe("processes", () => {
  const PROGRAM = fileURLToPath(new URL("telling-process.ts", import.meta.url));
  const CHUNKS = 40;

  async function tellElsewhere(told: Told, signature: string, failpoint?: string): Promise<string | number> {
    const args = [PROGRAM, told.directory, signature, `${CHUNKS}`, ...(failpoint === undefined ? [] : [failpoint])];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    const [status, signal] = await once(child, "exit");
    return signal ?? status;
  }

  const namesOf = (...signatures: readonly string[]) =>
    signatures.flatMap((one) => Array.from({ length: CHUNKS }, (_, index) => `${one}-${index}`)).sort();

  test("two at a time tell of each chunk once, in whole lines", async () => {
    const told = new Told();
    expect(await Promise.all(["x", "y"].map((name) => tellElsewhere(told, name)))).toEqual([0, 0]);
    expect(told.names.toSorted()).toEqual(namesOf("x", "y"));
  });

  test("one is killed between file and ledger while another goes on", async () => {
    const told = new Told();
    const ends = await Promise.all([
      tellElsewhere(told, "x"),
      tellElsewhere(told, "y", "usage.write.after:20"),
      tellElsewhere(told, "z", "usage.write.before:10"),
    ]);
    expect(ends).toEqual([0, "SIGKILL", "SIGKILL"]);
    const ledger = openSqliteLedger({ directory: told.directory, clock: systemClock });
    tellUsage(ledger);
    ledger.close();
    const expected = namesOf("x", "y", "z").filter((name) => told.ledger.findChunk(name)?.state === "settled");
    expect(expected.length).toBeGreaterThan(CHUNKS + 20);
    expect(told.names.toSorted()).toEqual(expected);
  });
});
