import fc from "fast-check";
import { ENDS, type Fate, LINE_FATES, REFUSALS } from "./batch-fate.ts";
import { isOver } from "./batch-server.ts";
import { QUESTIONS } from "./questions.ts";
import { CALL_FAULTS, OPERATIONS } from "./server-handle.ts";
import { COMMANDS, type World } from "./world.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Nothing is modelled: anything may happen at any time, and what is right is said of the whole. */
type Model = object;

/** Something that happens to the world. */
class Happening implements fc.AsyncCommand<Model, World> {
  readonly #name: string;
  readonly #details: unknown;
  readonly #act: (world: World) => void | Promise<void>;

  constructor(name: string, details: unknown, act: (world: World) => void | Promise<void>) {
    this.#name = name;
    this.#details = details;
    this.#act = act;
  }

  check(): boolean {
    return true;
  }

  async run(_: Model, world: World): Promise<void> {
    world.note(`--- ${this}`);
    await this.#act(world);
    await world.settle();
  }

  toString(): string {
    return `${this.#name}(${JSON.stringify(this.#details)})`;
  }
}

function happening<T>(name: string, details: fc.Arbitrary<T>, act: (world: World, details: T) => void | Promise<void>) {
  return details.map((drawn) => new Happening(name, drawn, (world) => act(world, drawn)));
}

const index = fc.nat(9);
const someQuestions = fc.array(fc.constantFrom(...QUESTIONS), { minLength: 1, maxLength: 8, size: "max" });

const duration = fc.oneof(
  fc.integer({ min: 1, max: 30 }).map((count) => count * SECOND_MS),
  fc.integer({ min: 1, max: 30 }).map((count) => count * MINUTE_MS),
  fc.integer({ min: 1, max: 3 }).map((count) => count * HOUR_MS),
);

const flags = fc.record(
  {
    fresh: fc.constant(true),
    retries: fc.constantFrom(0, 1, 3, 5),
    detach: fc.constant(true),
    wait: fc.constantFrom(0, 30, 600),
    chunkRows: fc.constantFrom(1, 2, 4),
    chunkCount: fc.constantFrom(1, 2),
    maxBatches: fc.constantFrom(1, 2, 5),
    enqueuedTokens: fc.constantFrom(100, 150),
    batchesPerHour: fc.constantFrom(2, 5),
    tokenLimit: fc.constantFrom(60, 150),
  },
  { requiredKeys: [] },
);

const start = happening(
  "start",
  fc.record({
    command: fc.constantFrom(...COMMANDS),
    flags: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 3, arbitrary: flags }),
    paceMs: fc.oneof(
      { weight: 4, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.constantFrom(1_000, 40_000) },
    ),
    killAfter: fc.option(fc.integer({ min: 1, max: 120 }), { freq: 3 }),
  }),
  (world, { command, flags: some, paceMs, killAfter }) => {
    const execution = world.start(command, some, paceMs);
    if (killAfter !== null) execution.strikesLeft = killAfter;
  },
);

const pass = happening("pass", duration, (world, milliseconds) => world.pass(milliseconds));

const grow = happening("grow", fc.tuple(fc.constantFrom(...COMMANDS), someQuestions), (world, [name, questions]) =>
  world.grow(name, questions),
);

const kill = happening(
  "kill",
  fc.record({
    which: index,
    strikes: fc.integer({ min: 0, max: 60 }),
    isFar: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  }),
  (world, { which, strikes, isFar }) => {
    const execution = pick(world.living, which);
    if (execution === undefined) return;
    execution.isFar = isFar;
    execution.strikesLeft = strikes;
    if (strikes === 0) execution.kill();
  },
);

const interrupt = happening("interrupt", index, (world, which) => pick(world.living, which)?.interrupt());

const fate: fc.Arbitrary<Fate> = fc.record({
  end: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...ENDS) },
    { weight: 2, arbitrary: fc.constantFrom(...REFUSALS) },
  ),
  workMs: duration,
  lines: fc.array(fc.constantFrom("whole" as const, ...LINE_FATES), { minLength: 1, maxLength: 4 }),
  isReversed: fc.boolean(),
});

const batches = happening("nextBatches", fc.array(fate, { minLength: 1, maxLength: 4 }), ({ server }, fates) => {
  server.fates.push(...fates);
});

const endEarly = happening(
  "endEarly",
  fc.tuple(index, fc.constantFrom("expired" as const, "cancelled" as const), fate),
  ({ server }, [which, end, { lines }]) => {
    server.advance();
    const batch = pick(
      server.batches.filter((some) => !isOver(some)),
      which,
    );
    if (batch === undefined) return;
    batch.fate = { ...batch.fate, lines };
    server.endEarly(batch, end);
  },
);

const calls = happening(
  "nextCalls",
  fc.tuple(
    fc.constantFrom("createBatch" as const, ...OPERATIONS),
    fc.array(fc.constantFrom(...CALL_FAULTS), { minLength: 1, maxLength: 3 }),
  ),
  ({ faults }, [operation, some]) => {
    faults.set(operation, [...(faults.get(operation) ?? []), ...some]);
  },
);

const outage = happening("outage", fc.integer({ min: 1, max: 20 }), (world, minutes) => {
  world.outageUntil = world.clock.now() + minutes * MINUTE_MS;
});

const lag = happening("lag", fc.constantFrom(0, 20_000, 60_000), ({ server }, lagMs) => {
  server.lagMs = lagMs;
});

const limit = happening(
  "limit",
  fc.record({ tokenLimit: fc.constantFrom(100, 150, Number.MAX_SAFE_INTEGER), tokenFactor: fc.constantFrom(1, 1.3) }),
  ({ server }, limits) => {
    Object.assign(server, limits);
  },
);

const foreign = happening(
  "foreign",
  fc.tuple(fc.constantFrom(60, 120), duration),
  ({ server, clock }, [tokens, ms]) => {
    server.foreign = { tokens, until: clock.now() + ms };
  },
);

/** What a world begins with. */
export const beginnings = fc.record({
  seed: fc.nat(),
  inputs: fc.tuple(...COMMANDS.map(() => someQuestions)),
  fates: fc.array(fate, { maxLength: 6, size: "max" }),
});

/** Anything that may happen, the likelier things more often. */
const happenings = [
  fc.oneof(
    { weight: 8, arbitrary: start },
    { weight: 9, arbitrary: pass },
    { weight: 4, arbitrary: kill },
    { weight: 1, arbitrary: interrupt },
    { weight: 3, arbitrary: grow },
    { weight: 4, arbitrary: batches },
    { weight: 2, arbitrary: endEarly },
    { weight: 3, arbitrary: calls },
    { weight: 1, arbitrary: outage },
    { weight: 1, arbitrary: lag },
    { weight: 2, arbitrary: limit },
    { weight: 1, arbitrary: foreign },
  ),
];

/** @param replayPath As fast-check prints it, to go one way again. */
export function commands(replayPath: string | undefined) {
  return fc.commands(happenings, { maxCommands: 30, size: "max", ...(replayPath === undefined ? {} : { replayPath }) });
}

function pick<T>(items: readonly T[], at: number): T | undefined {
  return items.length === 0 ? undefined : items[at % items.length];
}
