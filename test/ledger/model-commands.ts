import type fc from "fast-check";
import { expect } from "vitest";
import { CHUNK_STATES, type RecordedOutcome } from "../../src/ledger/ledger.ts";
import { RETRIES } from "./harness.ts";
import { KEYS, type LedgerModel, type LedgerReality, type ModelChunk } from "./model.ts";

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
      bench.ledger.closeRun(run.id, 0, this.#end === "finished");
      model.voidClaims(run.id);
    }
    Object.assign(model.processes[this.#process] ?? {}, { run: undefined });
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
    const kinds = bench.claim(run, ...this.#keys);
    expect(kinds).toEqual(this.#keys.map((key) => model.claim(key, run.id)));
    for (const [index, key] of this.#keys.entries()) if (answers.has(key)) expect(kinds[index]).toBe("settled");
    const isForeseen = foreseen.map(({ kind }, index) => kind === kinds[index] || kind === "inChunk");
    expect(isForeseen).not.toContain(false);
  }

  toString(): string {
    return `claim(${this.#process}, ${this.#keys})`;
  }
}

/** A process seals some of what it has claimed. */
export class SealCommand implements Command {
  readonly #process: number;
  readonly #count: number;

  constructor(process: number, count: number) {
    this.#process = process;
    this.#count = count;
  }

  check(model: LedgerModel): boolean {
    return this.#claimed(model).length > 0;
  }

  run(model: LedgerModel, { bench }: LedgerReality): void {
    const run = model.processes[this.#process]?.run;
    if (run === undefined) return;
    const keys = this.#claimed(model);
    const { id } = bench.seal(run, ...keys);
    model.chunks.push({ id, keys, run: run.id, state: "sealed" });
    for (const key of keys) {
      const request = model.request(key);
      Object.assign(request, { state: "asked", chunk: id, attempts: request.attempts + 1 });
    }
  }

  toString(): string {
    return `seal(${this.#process}, ${this.#count})`;
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
    const { name } = bench.ledger.chunk(chunk.id);
    const fileId = bench.ledger.addResultFile(`${name}.output.jsonl`, chunk.id);
    const outcomes = chunk.keys.flatMap((key, index): RecordedOutcome[] => {
      const result = { fileId, offset: answers.size, length: 1 };
      const fate = this.#fates[index];
      model.record(chunk, key, fate ?? "nothing");
      if (fate === "answered") return [{ key, kind: "answered", result }];
      if (fate === "failed") return [{ key, kind: "failed", failure: FINAL }];
      return fate === "retry" ? [{ key, kind: "retry", failure: PASSING }] : [];
    });
    const counted = bench.ledger.record(chunk.id, outcomes, RETRIES);
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.kind !== "answered" || counted[index] !== true) continue;
      expect(answers.has(outcome.key)).toBe(false);
      answers.set(outcome.key, outcome.result);
    }
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
  }

  toString(): string {
    return `settle(${this.#index})`;
  }
}

function pick<T>(items: readonly T[], index: number): T | undefined {
  return items.length === 0 ? undefined : items[index % items.length];
}
