import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { onTestFinished } from "vitest";
import type { Clock } from "../../src/core/clock.ts";
import {
  CHUNK_STATES,
  type Chunk,
  type ChunkLine,
  type ChunkState,
  type InvalidReply,
  type Ledger,
  type NewChunk,
  type NewRun,
  type ResultLocation,
  type Run,
} from "../../src/ledger/ledger.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

/** What a suite needs to know of a ledger back end. */
export interface LedgerBackEnd {
  open(directory: string, clock: Clock): Ledger;
  /** Makes a run look as if its process had been killed, or as if it ran on a host that cannot be seen. */
  moveRun(directory: string, runId: number, to: "dead process" | "another host"): void;
  /** The summary that a run has left. */
  summaryOf(directory: string, runId: number): string | null;
}

export const sqliteBackEnd: LedgerBackEnd = {
  open: (directory, clock) => openSqliteLedger({ directory, clock }),
  moveRun: (directory, runId, to) => {
    const database = new DatabaseSync(join(directory, "ledger.db"));
    const { process } = database.prepare("SELECT process FROM runs WHERE id = ?").get(runId) ?? {};
    const identity = {
      ...JSON.parse(String(process)),
      ...(to === "dead process" ? { pid: 2 ** 30 } : { host: "far" }),
    };
    database.prepare("UPDATE runs SET process = ? WHERE id = ?").run(JSON.stringify(identity), runId);
    database.close();
  },
  summaryOf: (directory, runId) => {
    const database = new DatabaseSync(join(directory, "ledger.db"));
    const { summary } = database.prepare("SELECT summary FROM runs WHERE id = ?").get(runId) ?? {};
    database.close();
    return typeof summary === "string" ? summary : null;
  },
};

const CHUNK = { provider: "p", endpoint: "/v1/e", model: "m" };
export const LATE = { code: "expired", message: "late" } as const;
export const INVALID = { code: "invalid_answer", message: "no grade" } as const;
export const RETRIES = 3;

export type SentRequest = Pick<ChunkLine, "key" | "sentKey">;

/** A ledger in a directory of its own, with the short words that the tests are written in. */
export class LedgerBench {
  readonly clock = new VirtualClock("manual");
  readonly directory = temporaryDirectory();
  readonly ledger: Ledger;
  readonly #backEnd: LedgerBackEnd;
  #names = 0;
  #results = 0;

  constructor(backEnd: LedgerBackEnd) {
    this.#backEnd = backEnd;
    this.ledger = this.open();
  }

  /** A further connection, as another process has it. */
  open(): Ledger {
    const ledger = this.#backEnd.open(this.directory, this.clock);
    onTestFinished(() => {
      try {
        ledger.close();
      } catch {
        // The test has closed it.
      }
    });
    return ledger;
  }

  run(signature: string, given: Partial<NewRun> = {}, ledger = this.ledger): Run {
    return ledger.openRun({ pipeline: "test", label: "rows", signature, isFresh: false, files: [], ...given });
  }

  /** Makes the run's process one that is gone. */
  kill(run: Run): void {
    this.#backEnd.moveRun(this.directory, run.id, "dead process");
  }

  moveAway(run: Run): void {
    this.#backEnd.moveRun(this.directory, run.id, "another host");
  }

  claim(run: Run, ...keys: readonly string[]): readonly string[] {
    return this.ledger.claim(keys, run).map(({ kind }) => kind);
  }

  kinds(run: Run, ...keys: readonly string[]): readonly string[] {
    return this.ledger.outcomes(keys, run).map(({ kind }) => kind);
  }

  /** Seals a chunk of requests that the run has claimed. */
  seal(run: Run, ...keys: readonly string[]): Chunk {
    return this.sealAs(
      run,
      keys.map((key) => ({ key })),
    );
  }

  /** Seals a chunk of requests, each sent under another key if one is given. */
  sealAs(run: Run, requests: readonly SentRequest[], given: Partial<NewChunk> = {}): Chunk {
    const lines = requests.map((request, index): ChunkLine => {
      return { ...request, offset: index * 10, length: 9, tokens: 1, origin: `in.jsonl:${index + 1}` };
    });
    const size = { requests: lines.length, bytes: lines.length * 10, tokens: lines.length };
    const name = `r${run.id}-${this.#names++}`;
    return this.ledger.seal({ ...CHUNK, ...size, runId: run.id, name, ...given }, lines);
  }

  /** Claims and seals, and moves the chunk on as far as said. */
  chunk(run: Run, state: ChunkState, ...keys: readonly string[]): Chunk {
    this.ledger.claim(keys, run);
    return this.moveTo(this.seal(run, ...keys), state);
  }

  /** Moves a chunk on, one state after the other. */
  moveTo(chunk: Chunk, state: ChunkState): Chunk {
    if (state === "asking") return this.ledger.advance(chunk.id, state);
    const steps = CHUNK_STATES.slice(CHUNK_STATES.indexOf(chunk.state) + 1, CHUNK_STATES.indexOf(state) + 1);
    return steps.reduce<Chunk>((current, step) => this.ledger.advance(current.id, step), chunk);
  }

  /** A place in a result file of the chunk. */
  result(chunk: Chunk, offset = 0): ResultLocation {
    return { fileId: this.ledger.addResultFile(`${chunk.name}.output.jsonl`, chunk.id), offset, length: 7 };
  }

  /** A place where nothing else lies. */
  newResult(chunk: Chunk): ResultLocation {
    return this.result(chunk, this.#results++ * 10);
  }

  answer(chunk: Chunk, ...keys: readonly string[]): void {
    const result = this.result(chunk);
    this.ledger.record(
      chunk.id,
      keys.map((key) => ({ key, kind: "answered", result })),
      RETRIES,
    );
  }

  /** Files, for what was sent under a key, a reply that is no valid answer. @returns where the reply lies */
  reply(chunk: Chunk, sentKey: string, { reason = "no grade", offset = 0, retries = RETRIES } = {}): InvalidReply {
    const reply = { result: this.result(chunk, offset), reason };
    this.ledger.record(chunk.id, [{ key: sentKey, kind: "retry", failure: INVALID, reply }], retries);
    return reply;
  }

  settle(chunk: Chunk): Chunk {
    return this.ledger.settle(chunk.id, { failure: LATE, retries: RETRIES, isAttempt: true });
  }

  /** A run of its own asks, is answered, and ends. */
  answered(...keys: readonly string[]): void {
    const run = this.run(`answered ${this.#names++}`);
    const chunk = this.chunk(run, "fetched", ...keys);
    this.answer(chunk, ...keys);
    this.settle(chunk);
    this.ledger.closeRun(run.id, { exitStatus: 0, isFinished: true });
  }
}
