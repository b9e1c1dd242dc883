import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { type LedgerBackEnd, LedgerBench, RETRIES } from "./harness.ts";
import { KEYS, LedgerModel, type LedgerReality, PROCESSES, SIGHTS, type Sight } from "./model.ts";
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
const fate = fc.oneof(
  fc.constantFrom("answered", "failed", "refused"),
  { arbitrary: fc.constantFrom("retry", "nothing"), weight: 2 },
  { arbitrary: fc.constant("invalid"), weight: 3 },
);
const fates = fc.array(fate, { minLength: 4, maxLength: 4 });

const command: fc.Arbitrary<fc.Command<LedgerModel, LedgerReality>> = fc.oneof(
  { arbitrary: process.map((index) => new StartCommand(index)), weight: 2 },
  { arbitrary: fc.tuple(process, keys).map(([index, some]) => new ClaimCommand(index, some)), weight: 5 },
  {
    arbitrary: fc
      .tuple(process, fc.integer({ min: 1, max: 4 }), fc.boolean())
      .map(([index, count, hasReasons]) => new SealCommand(index, count, hasReasons)),
    weight: 4,
  },
  {
    arbitrary: fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 6 })).map(([i, steps]) => new AdvanceCommand(i, steps)),
    weight: 4,
  },
  { arbitrary: fc.tuple(fc.nat(9), fates).map(([index, some]) => new RecordCommand(index, some)), weight: 3 },
  { arbitrary: fc.nat(9).map((index) => new SettleCommand(index)), weight: 2 },
  fc.tuple(process, fc.constantFrom("killed", "unfinished", "finished")).map(([i, end]) => new EndCommand(i, end)),
);

/** Of all lengths alike: in a short one hardly anything comes about. */
const sequences = fc.noBias(fc.commands([command], { maxCommands: 400, size: "max" }));

// Each run makes some hundred durable transactions.
vi.setConfig({ testTimeout: 120_000 });

export function describeModel(backEnd: LedgerBackEnd): void {
  describe("a model of it", () => {
    test("whatever runs do and however they end, each key is settled once, and what is answered stays so", () => {
      const seen = new Set<Sight>();
      const property = fc.property(sequences, (commands) => {
        const model = new LedgerModel();
        const real: LedgerReality = { bench: new LedgerBench(backEnd), answers: new Map() };
        fc.modelRun(() => ({ model, real }), commands);
        for (const sight of model.sights) seen.add(sight);
        settleEverything(model, real);
      });
      fc.assert(property, { numRuns: 30 });
      expect([...seen].sort()).toEqual([...SIGHTS].sort());
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
