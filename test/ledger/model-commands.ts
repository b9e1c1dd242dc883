import type fc from "fast-check";
import { expect } from "vitest";
import { CHUNK_STATES, type RecordedOutcome } from "../../src/ledger/ledger.ts";
import { RETRIES, type SentRequest } from "./harness.ts";
import { KEYS, type LedgerModel, type LedgerReality, type ModelChunk, type ModelLine } from "./model.ts";
import { expectSame } from "./model-comparison.ts";

type Command = fc.Command<LedgerModel, LedgerReality>;

const FINAL = { code: "rejected", message: "" } as const;
const PASSING = { code: "server_error", message: "" } as const;

/** A process starts its command, or starts it again. */
export class StartCommand implements Command {
  readonly #process: number;

  constructor(process: number) {
    this.#process = process;
  }

  check({ processes }: LedgerModel): boolean {
    return processes[this.#process]?.run === undefined;
  }

  run(model: LedgerModel, { bench }: LedgerReality): void {
    const run = bench.run(`command ${this.#process}`);
    if (run.isTakenOver) model.takeOver(run.id);
    Object.assign(model.processes[this.#process] ?? {}, { run });
    expectSame(model, bench);
  }

  toString(): string {
    return `start(${this.#process})`;
  }
}

/** A process goes away, in one way or another. */
export class EndCommand implements Command {
  readonly #process: number;
  readonly #end: string;

  constructor(process: number, end: string) {
    this.#process = process;
    this.#end = end;
  }

  check({ processes }: LedgerModel): boolean {
    return processes[this.#process]?.run !== undefined;
  }

  run(model: LedgerModel, { bench }: LedgerReality): void {
    const run = model.processes[this.#process]?.run;
    if (run === undefined) return;
    if (this.#end === "killed") bench.kill(run);
    else {
      bench.ledger.closeRun(run.id, { exitStatus: 0, isFinished: this.#end === "finished" });
      model.voidClaims(run.id);
    }
    Object.assign(model.processes[this.#process] ?? {}, { run: undefined });
    expectSame(model, bench);
  }

  toString(): string {
    return `${this.#end}(${this.#process})`;
  }
}

/** Rows come by. */
export class ClaimCommand implements Command {
  readonly #process: number;
  readonly #keys: readonly string[];

  constructor(process: number, keys: readonly number[]) {
    this.#process = process;
    this.#keys = keys.map((index) => KEYS[index] ?? "");
  }

  check({ processes }: LedgerModel): boolean {
    return processes[this.#process]?.run !== undefined;
  }

  run(model: LedgerModel, { bench, answers }: LedgerReality): void {
    const run = model.processes[this.#process]?.run;
    if (run === undefined) return;
    const foreseen = bench.ledger.wouldClaim(this.#keys, run);
    const claims = bench.ledger.claim(this.#keys, run);
    const seen = claims.map((claim) => ({
      kind: claim.kind,
      reply: "reply" in claim ? claim.reply?.result : undefined,
    }));
    expect(seen).toEqual(this.#keys.map((key) => model.claim(key, run.id)));
    const kinds = claims.map(({ kind }) => kind);
    for (const [index, key] of this.#keys.entries()) if (answers.has(key)) expect(kinds[index]).toBe("settled");
    const isForeseen = foreseen.map(({ kind }, index) => kind === kinds[index] || kind === "inChunk");
    expect(isForeseen).not.toContain(false);
    expectSame(model, bench);
  }

  toString(): string {
    return `claim(${this.#process}, ${this.#keys})`;
  }
}

/** A process seals some of what it has claimed: what has a reply with a reason, unless that is not possible. */
export class SealCommand implements Command {
  readonly #process: number;
  readonly #count: number;
  readonly #hasReasons: boolean;

  constructor(process: number, count: number, hasReasons: boolean) {
    this.#process = process;
    this.#count = count;
    this.#hasReasons = hasReasons;
  }

  check(model: LedgerModel): boolean {
    return this.#claimed(model).length > 0;
  }

  run(model: LedgerModel, { bench }: LedgerReality): void {
    const run = model.processes[this.#process]?.run;
    if (run === undefined) return;
    const requests = this.#claimed(model).map((key): SentRequest => {
      const { reply } = model.request(key);
      return reply === undefined || !this.#hasReasons ? { key } : { key, sentKey: `${key} but ${reply.offset}` };
    });
    const { id } = bench.sealAs(run, requests);
    model.seal({ id, requests, run: run.id, state: "sealed" });
    expectSame(model, bench);
  }

  toString(): string {
    return `seal(${this.#process}, ${this.#count}, ${this.#hasReasons})`;
  }

  #claimed(model: LedgerModel): readonly string[] {
    const run = model.processes[this.#process]?.run?.id;
    const isOwn = (key: string) => model.request(key).state === "claimed" && model.request(key).run === run;
    return KEYS.filter(isOwn).slice(0, this.#count);
  }
}

/** A chunk moves on by some states. */
export class AdvanceCommand implements Command {
  readonly #index: number;
  readonly #steps: number;

  constructor(index: number, steps: number) {
    this.#index = index;
    this.#steps = steps;
  }

  check(model: LedgerModel): boolean {
    return this.#pick(model) !== undefined;
  }

  run(model: LedgerModel, { bench }: LedgerReality): void {
    const chunk = this.#pick(model);
    if (chunk === undefined) return;
    const last = CHUNK_STATES.indexOf("fetched");
    const target = CHUNK_STATES[Math.min(last, CHUNK_STATES.indexOf(chunk.state) + this.#steps)] ?? "fetched";
    bench.moveTo(bench.ledger.chunk(chunk.id), target);
    chunk.state = target;
    expectSame(model, bench);
  }

  toString(): string {
    return `advance(${this.#index}, ${this.#steps})`;
  }

  #pick(model: LedgerModel): ModelChunk | undefined {
    return pick(model.heldChunks("sealed", "uploading", "uploaded", "creating", "submitted", "ended"), this.#index);
  }
}

/** Lines of a chunk's results are filed. */
export class RecordCommand implements Command {
  readonly #index: number;
  readonly #fates: readonly string[];

  constructor(index: number, fates: readonly string[]) {
    this.#index = index;
    this.#fates = fates;
  }

  check(model: LedgerModel): boolean {
    return model.heldChunks("fetched").length > 0;
  }

  run(model: LedgerModel, { bench, answers }: LedgerReality): void {
    const chunk = pick(model.heldChunks("fetched"), this.#index);
    if (chunk === undefined) return;
    const outcomes = chunk.requests.flatMap(({ key, sentKey = key }, index): RecordedOutcome[] => {
      const line = { fate: this.#fates[index] ?? "nothing", result: bench.newResult(bench.ledger.chunk(chunk.id)) };
      expect(bench.ledger.askedKey(chunk.id, sentKey)).toBe(key);
      model.record(chunk, key, line);
      return outcomesOf(sentKey, line);
    });
    const counted = bench.ledger.record(chunk.id, outcomes, RETRIES);
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.kind !== "answered" || counted[index] !== true) continue;
      const key = bench.ledger.askedKey(chunk.id, outcome.key);
      expect(answers.has(key)).toBe(false);
      answers.set(key, outcome.result);
    }
    expectSame(model, bench);
  }

  toString(): string {
    return `record(${this.#index}, ${this.#fates})`;
  }
}

/** A chunk is over. */
export class SettleCommand implements Command {
  readonly #index: number;

  constructor(index: number) {
    this.#index = index;
  }

  check(model: LedgerModel): boolean {
    return model.heldChunks("fetched").length > 0;
  }

  run(model: LedgerModel, { bench }: LedgerReality): void {
    const chunk = pick(model.heldChunks("fetched"), this.#index);
    if (chunk === undefined) return;
    bench.settle(bench.ledger.chunk(chunk.id));
    model.settle(chunk);
    expectSame(model, bench);
  }

  toString(): string {
    return `settle(${this.#index})`;
  }
}

function outcomesOf(key: string, { fate, result }: ModelLine): RecordedOutcome[] {
  switch (fate) {
    case "answered":
      return [{ key, kind: "answered", result }];
    case "failed":
      return [{ key, kind: "failed", failure: FINAL }];
    case "refused":
      return [{ key, kind: "failed", failure: FINAL, result }];
    case "retry":
      return [{ key, kind: "retry", failure: PASSING }];
    case "invalid":
      return [{ key, kind: "retry", failure: PASSING, reply: { result, reason: "no" } }];
    default:
      return [];
  }
}

function pick<T>(items: readonly T[], index: number): T | undefined {
  return items.length === 0 ? undefined : items[index % items.length];
}
