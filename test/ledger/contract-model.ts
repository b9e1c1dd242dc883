import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type LedgerBackEnd, LedgerBench, RETRIES } from "./harness.ts";
import { KEYS, LedgerModel, type LedgerReality, PROCESSES } from "./model.ts";
import {
  AdvanceCommand,
  ClaimCommand,
  EndCommand,
  RecordCommand,
  SealCommand,
  SettleCommand,
  StartCommand,
} from "./model-commands.ts";

const process = fc.nat(PROCESSES - 1);
const keys = fc.uniqueArray(fc.nat(KEYS.length - 1), { minLength: 1, maxLength: 4 });
const fates = fc.array(fc.constantFrom("answered", "failed", "retry", "nothing"), { minLength: 4, maxLength: 4 });

const commands = [
  process.map((index) => new StartCommand(index)),
  fc.tuple(process, keys).map(([index, some]) => new ClaimCommand(index, some)),
  fc.tuple(process, keys).map(([index, some]) => new ClaimCommand(index, some)),
  fc.tuple(process, fc.integer({ min: 1, max: 3 })).map(([index, count]) => new SealCommand(index, count)),
  fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 6 })).map(([index, steps]) => new AdvanceCommand(index, steps)),
  fc.tuple(fc.nat(9), fates).map(([index, some]) => new RecordCommand(index, some)),
  fc.nat(9).map((index) => new SettleCommand(index)),
  fc.tuple(process, fc.constantFrom("killed", "unfinished", "finished")).map(([i, end]) => new EndCommand(i, end)),
];

export function describeModel(backEnd: LedgerBackEnd): void {
  describe("a model of it", () => {
    test("whatever runs do and however they end, each key is settled once, and what is answered stays so", () => {
      const property = fc.property(fc.commands(commands, { maxCommands: 60 }), (some) => {
        const setup = () => ({
          model: new LedgerModel(),
          real: { bench: new LedgerBench(backEnd), answers: new Map() },
        });
        let last: { model: LedgerModel; real: LedgerReality } | undefined;
        fc.modelRun(() => (last = setup()), some);
        if (last !== undefined) settleEverything(last.model, last.real);
      });
      fc.assert(property, { numRuns: 40 });
    });
  });
}

/** One process takes over what all have left, and brings every key to its end. */
function settleEverything(model: LedgerModel, { bench, answers }: LedgerReality): void {
  for (const { run } of model.processes) if (run !== undefined) bench.kill(run);
  const run = bench.run("the last");
  for (let round = 0; round <= RETRIES + 1; round++) {
    const claims = bench.ledger.claim(KEYS, run);
    const fresh = KEYS.filter((_, index) => claims[index]?.kind === "new");
    for (const key of fresh) expect(answers.has(key)).toBe(false);
    if (fresh.length > 0) bench.seal(run, ...fresh);
    const chunks = new Set(
      bench.ledger.claim(KEYS, run).flatMap((claim) => ("chunkId" in claim ? [claim.chunkId] : [])),
    );
    for (const id of chunks) {
      const chunk = bench.moveTo(bench.ledger.chunk(id), "fetched");
      bench.answer(chunk, ...KEYS);
      bench.settle(chunk);
    }
  }
  expect(new Set(bench.claim(run, ...KEYS))).toEqual(new Set(["settled"]));
  const kinds = bench.kinds(run, ...KEYS);
  expect(kinds.filter((kind) => kind !== "answered" && kind !== "failed")).toEqual([]);
  for (const [key, result] of answers) {
    expect(bench.ledger.outcomes([key], run)).toMatchObject([{ kind: "answered", result }]);
  }
}
