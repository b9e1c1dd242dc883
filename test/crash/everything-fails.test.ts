import { describe, expect, test, vi } from "vitest";
import { FAULTS, type FaultName, type FaultRates } from "../../src/emulator/faults.ts";
import { checkBill, checkRows } from "./invariants.ts";
import { endCalmly } from "./kill.ts";
import { jsonl } from "./rows.ts";
import { inWorld, type WorldOptions } from "./world.ts";

// Runs wait more than they work: for the pauses between two tries.
vi.setConfig({ testTimeout: 120_000, maxConcurrency: 8 });

const ROWS = 12;
const rows = [
  ...Array.from({ length: ROWS - 2 }, (_, id) => ({ id, response: `text ${id}` })),
  { id: ROWS - 2, response: "text 0" },
  // So that there are counts to lie about.
  { id: ROWS - 1, response: "[[emulator:status=500,times=1]]" },
];
const ids = rows.map(({ id }) => id);
const distinct = new Set(rows.map(({ response }) => response)).size;
const flags = ["--schema", "schema.json", "--chunk-rows", "6", "--poll-interval", "0.05", "--model", "gpt-4"];

const faultNames = Object.keys(FAULTS) as FaultName[];

function struckBy(rates: FaultRates, seed: number): WorldOptions {
  return { input: jsonl(rows), flags, emulator: { faults: { seed, rates, seconds: 0.05 } } };
}

/** @returns how often each fault struck */
async function expectAllIsWell(options: WorldOptions): Promise<Readonly<Record<string, number>>> {
  return inWorld(options, async (world) => {
    const { output, status } = await endCalmly(world);
    const view = await world.emulatorView();
    const strikes = await view.faults();
    checkRows(output, ids, status);
    checkBill(await view.billing(), strikes, distinct);
    return strikes;
  });
}

/** Any call may meet one of several: together they strike one in seven. */
const CALL_RATE = 0.02;
const isOfCalls = (name: FaultName) => FAULTS[name] === "call";
const callRates = Object.fromEntries(faultNames.filter(isOfCalls).map((name) => [name, CALL_RATE]));

describe("everything goes wrong", () => {
  test.concurrent.each([1, 2])("seed %i", async (seed) => {
    const strikes = await expectAllIsWell(struckBy({ all: 0.2, ...callRates }, seed));
    expect(Object.keys(strikes).length).toBeGreaterThan(faultNames.length / 3);
  });
});

describe("one thing goes wrong time and again", () => {
  test.concurrent.each(faultNames)("%s", async (name) => {
    // A call that fails is paid with pauses of seconds.
    const strikes = await expectAllIsWell(struckBy({ [name]: isOfCalls(name) ? 0.2 : 0.5 }, 2));
    expect(strikes[name]).toBeGreaterThan(0);
  });
});
