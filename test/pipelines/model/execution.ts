import { AsyncLocalStorage } from "node:async_hooks";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { InterruptedError } from "../../../src/cli/signals.ts";
import type { Clock } from "../../../src/core/clock.ts";
import { BgPipeError, EXIT } from "../../../src/core/errors.ts";
import type { Ledger, Run } from "../../../src/ledger/ledger.ts";
import { type GradeResult, grade } from "../../../src/pipelines/grade.ts";
import type { GradeSettings, RunHost } from "../../../src/pipelines/settings.ts";
import type { Provider } from "../../../src/providers/provider.ts";
import { type Question, rowText } from "./questions.ts";
import { ServerHandle } from "./server-handle.ts";
import type { World } from "./world.ts";

/** How an execution ended by itself. */
export interface End {
  readonly exitStatus: number;
  readonly error: unknown;
}

/** What everything that a killed process would do ends in. */
class Killed extends Error {
  constructor() {
    super("the process was killed");
    this.name = "Killed";
  }
}

export interface ExecutionOptions {
  readonly world: World;
  readonly number: number;
  readonly settings: GradeSettings;
  /** What its input asks. */
  readonly rows: readonly Question[];
  /** Time between two rows of the input, in milliseconds. */
  readonly paceMs: number;
}

/**
 * One execution of a command: the whole of `grade`, as a process of its own would run it. It may be killed at any
 * failpoint, and between any two things that happen; then whatever it has in its hands is dead, and the files that its
 * unwinding takes away are put back.
 */
export class Execution {
  static readonly #context = new AsyncLocalStorage<Execution>();
  readonly number: number;
  readonly settings: GradeSettings;
  readonly rows: readonly Question[];
  readonly clock: Clock;
  readonly #world: World;
  readonly #paceMs: number;
  readonly #death = new AbortController();
  readonly #interrupt = new AbortController();
  readonly #keepsakes = new Map<string, Buffer>();
  /** The token limit that was known when a chunk was let in, by its name. */
  readonly tokenLimits = new Map<string, number>();
  /** The least that the server has told it of its limit. */
  #toldLimit = Number.POSITIVE_INFINITY;
  run: Run | undefined;
  runId: number | undefined;
  readonly startedAt: number;
  end: End | undefined;
  interruptedAt: number | undefined;
  /** Whether there was no other while it ran. */
  wasAlone = true;
  /** Failpoints to pass until it is killed. */
  strikesLeft = Number.POSITIVE_INFINITY;
  /** Whether it runs on a host that cannot be seen from the others'. */
  isFar = false;
  isBuried = false;
  stdout = "";

  constructor({ world, number, settings, rows, paceMs }: ExecutionOptions) {
    this.#world = world;
    this.number = number;
    this.settings = settings;
    this.rows = rows;
    this.#paceMs = paceMs;
    this.startedAt = world.clock.now();
    const sleep = (milliseconds: number, signal?: AbortSignal) => {
      const signals = signal === undefined ? [this.#death.signal] : [this.#death.signal, signal];
      return world.clock.sleep(milliseconds, AbortSignal.any(signals));
    };
    this.clock = { now: () => world.clock.now(), sleep };
  }

  /** The one whose code is running. */
  static get current(): Execution | undefined {
    return Execution.#context.getStore();
  }

  get label(): string {
    return `#${this.number}`;
  }

  get isDead(): boolean {
    return this.#death.signal.aborted;
  }

  get isAlive(): boolean {
    return this.end === undefined && !this.isDead;
  }

  /** Begins; what becomes of it is seen in `end`. */
  start(): void {
    const work = Execution.#context.run(this, () => grade(this.settings, this.#host()));
    work.then(
      (result: GradeResult) => this.#onEnd(result.exitStatus, result.error),
      (error: unknown) => this.#onEnd(error instanceof BgPipeError ? error.exitStatus : EXIT.bug, error),
    );
  }

  /** Told at each failpoint that it comes to. */
  strike(name: string): void {
    this.throwIfDead();
    if (--this.strikesLeft > 0) return;
    this.#world.note(`${this.label}: killed at ${name}`);
    this.kill();
    throw new Killed();
  }

  kill(): void {
    if (!this.isAlive) return;
    if (this.run !== undefined) this.#keepFiles(this.run.id);
    this.#death.abort(new Killed());
    this.#interrupt.abort(new Killed());
  }

  interrupt(): void {
    this.interruptedAt ??= this.#world.clock.now();
    this.#interrupt.abort(new InterruptedError("SIGINT"));
  }

  /** Told when a chunk is let in. */
  onAdmitted(chunkName: string, tokenLimit: number): void {
    const { enqueuedTokens = Number.POSITIVE_INFINITY } = this.settings;
    this.tokenLimits.set(chunkName, Math.min(tokenLimit, enqueuedTokens, this.#toldLimit));
  }

  /** Told when the server says how much it takes. */
  onLimit(tokens: number): void {
    this.#toldLimit = Math.min(this.#toldLimit, tokens);
  }

  throwIfDead(): void {
    this.#death.signal.throwIfAborted();
  }

  /** Puts the files back that a killed process would have left. */
  bury(): void {
    this.isBuried = true;
    for (const [path, bytes] of this.#keepsakes) writeFileSync(path, bytes);
  }

  /** The ledger as it is to this execution: gone, once it is dead. */
  guardLedger(ledger: Ledger): Ledger {
    return new Proxy(ledger, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function" || name === "close") return member;
        return (...args: readonly unknown[]) => {
          this.throwIfDead();
          if (name === "openRun") return this.#openRun(() => member.apply(target, args));
          const before = name === "claim" ? this.#world.witness.beforeClaim(args[0]) : undefined;
          const result: unknown = member.apply(target, args);
          if (before !== undefined) this.#world.witness.onClaims(this, before, result);
          return result;
        };
      },
    });
  }

  createProvider(signal: AbortSignal): Provider {
    return new ServerHandle(this.#world, this, signal);
  }

  /** A run that is open when the process is killed is its run, too. */
  #openRun(open: () => Run): Run {
    const { witness } = this.#world;
    const before = witness.openRuns();
    try {
      this.run = open();
      return this.run;
    } finally {
      const id = witness
        .openRuns()
        .find((run) => !before.some((other) => other.id === run.id && other.process === run.process))?.id;
      if (id !== undefined) this.runId = id;
    }
  }

  #onEnd(exitStatus: number, error: unknown): void {
    this.end = { exitStatus, error };
    if (!this.isDead) this.#world.onEnd(this, this.end);
  }

  #host(): RunHost {
    const say = (message: string, fields?: object) =>
      this.#world.note(`${this.label}: ${message} ${fields === undefined ? "" : JSON.stringify(fields)}`);
    const stdout = new Writable({
      write: (bytes, _, done) => {
        if (!this.isDead) this.stdout += String(bytes);
        done();
      },
    });
    return {
      ...{ stdin: Readable.from(this.#input()), stdout, clock: this.clock, signal: this.#interrupt.signal },
      log: { debug: say, info: say, warn: say, error: say },
      ...{ apiKey: undefined, isEmbedded: false },
      data: { prompts: "", models: "updated: 2026-01-01\nmodels: {}" },
      prices: { updated: "2026-01-01", models: new Map() },
    };
  }

  async *#input(): AsyncGenerator<Buffer> {
    for (const [index, question] of this.rows.entries()) {
      if (this.#paceMs > 0) await this.clock.sleep(this.#paceMs, this.#interrupt.signal).catch(() => {});
      if (!this.isAlive) return;
      yield Buffer.from(`${rowText(question, index)}\n`);
    }
  }

  /** Chunks that are being filled have no failpoint where they are thrown away. */
  #keepFiles(id: number): void {
    const directory = join(this.settings.stateDir, "chunks");
    for (const name of readdirSync(directory)) {
      if (!name.startsWith(`r${id}-`)) continue;
      const path = join(directory, name);
      this.#keepsakes.set(path, readFileSync(path));
    }
  }
}
