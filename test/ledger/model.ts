import type { ChunkState, ResultLocation, Run } from "../../src/ledger/ledger.ts";
import { type LedgerBench, RETRIES, type SentRequest } from "./harness.ts";

export const KEYS = ["a", "b", "c", "d"];
export const PROCESSES = 2;

export interface ModelRequest {
  state: "none" | "claimed" | "asked" | "unasked" | "answered" | "failed" | "failed for now";
  run: number;
  chunk: number;
  attempts: number;
  /** The last reply that was no valid answer. */
  reply: ResultLocation | undefined;
  /** What it ended with, where it ended with a reply. */
  result: ResultLocation | undefined;
}

export interface ModelChunk {
  readonly id: number;
  readonly requests: readonly SentRequest[];
  run: number;
  state: ChunkState;
}

/** What a run gets for a key. */
export interface ModelClaim {
  readonly kind: string;
  readonly reply?: ResultLocation | undefined;
}

/** A result line, and what it says. */
export interface ModelLine {
  readonly fate: string;
  readonly result: ResultLocation;
}

/** A process that may have a run open. Two executions of one process are of the same command. */
interface ModelProcess {
  run: Run | undefined;
}

export interface LedgerReality {
  readonly bench: LedgerBench;
  /** Where the answer to a key lies that counted first. */
  readonly answers: Map<string, ResultLocation>;
}

/** What has to come about in some of the runs of the model, lest they say nothing. */
export const SIGHTS = ["answered", "failed", "replied", "asked twice", "asked with a reason", "adopted"] as const;
export type Sight = (typeof SIGHTS)[number];

const UNSENT: readonly ChunkState[] = ["sealed", "uploading", "uploaded"];
const NOTHING = { state: "none", run: 0, chunk: 0, attempts: 0, reply: undefined, result: undefined } as const;

/** The contract of the ledger once more, as plainly as it can be said. */
export class LedgerModel {
  readonly processes: readonly ModelProcess[] = Array.from({ length: PROCESSES }, () => ({ run: undefined }));
  readonly requests = new Map<string, ModelRequest>(KEYS.map((key) => [key, { ...NOTHING }]));
  readonly chunks: ModelChunk[] = [];
  readonly sights = new Set<Sight>();

  isHeld(runId: number): boolean {
    return this.processes.some(({ run }) => run?.id === runId);
  }

  /** Chunks that a living process has in a state, so that it may work on them. */
  heldChunks(...states: readonly ChunkState[]): readonly ModelChunk[] {
    return this.chunks.filter(({ run, state }) => this.isHeld(run) && states.includes(state));
  }

  request(key: string): ModelRequest {
    const request = this.requests.get(key);
    if (request === undefined) throw new Error(`no such key: ${key}`);
    return request;
  }

  claim(key: string, run: number): ModelClaim {
    const request = this.request(key);
    const isOthers = request.run !== run && this.isHeld(request.run);
    switch (request.state) {
      case "answered":
      case "failed":
        return { kind: "settled" };
      case "failed for now":
        return request.run === run || isOthers ? { kind: "settled" } : this.#take(request, run);
      case "none":
        return this.#take(request, run);
      case "asked":
        return isOthers ? { kind: "elsewhere" } : this.#join(request, run);
      default:
        if (isOthers) return { kind: "elsewhere" };
        return request.state === "claimed" && request.run === run ? { kind: "mine" } : this.#take(request, run);
    }
  }

  /** Puts claimed requests into a chunk. */
  seal(chunk: ModelChunk): void {
    this.chunks.push(chunk);
    for (const { key, sentKey } of chunk.requests) {
      const request = this.request(key);
      Object.assign(request, { state: "asked", chunk: chunk.id, attempts: request.attempts + 1 });
      if (request.attempts > 1) this.sights.add("asked twice");
      if (sentKey !== undefined) this.sights.add("asked with a reason");
    }
  }

  record(chunk: ModelChunk, key: string, { fate, result }: ModelLine): void {
    const request = this.request(key);
    if (request.chunk !== chunk.id) return;
    const isOpen = request.state === "asked" || request.state === "unasked";
    const hasFailed = request.state === "failed" || request.state === "failed for now";
    if (fate === "answered" && (isOpen || hasFailed)) Object.assign(request, { state: "answered", result });
    if (fate === "failed" && isOpen) Object.assign(request, { state: "failed", result: undefined });
    if (fate === "refused" && isOpen) Object.assign(request, { state: "failed", result });
    if ((fate === "retry" || fate === "invalid") && request.state === "asked") {
      this.#leaveOpen(request, fate === "invalid" ? result : undefined);
    }
    if (request.state === "answered" || request.state === "failed") this.sights.add(request.state);
  }

  settle(chunk: ModelChunk): void {
    for (const request of this.#openIn(chunk)) if (request.state === "asked") this.#leaveOpen(request, undefined);
    chunk.state = "settled";
  }

  /** What a take-over does to a run's claims and chunks. */
  takeOver(run: number): void {
    this.voidClaims(run);
    for (const chunk of this.chunks) {
      if (chunk.run !== run || chunk.state === "settled") continue;
      if (UNSENT.includes(chunk.state)) this.#dissolve(chunk);
      else if (this.#openIn(chunk).length === 0) chunk.state = "settled";
    }
  }

  /** What was tried before is as it was; of the rest nothing is known. */
  voidClaims(run: number): void {
    for (const request of this.requests.values()) {
      if (request.state !== "claimed" || request.run !== run) continue;
      if (request.attempts > 0) request.state = "unasked";
      else Object.assign(request, NOTHING);
    }
  }

  /** Tries and replies go with a request until it is settled. */
  #take(request: ModelRequest, run: number): ModelClaim {
    const isOver = request.state === "failed for now";
    const kept = isOver ? { attempts: 0, reply: undefined } : {};
    Object.assign(request, { state: "claimed", run, result: undefined, ...kept });
    return { kind: "new", reply: request.reply };
  }

  #join(request: ModelRequest, run: number): ModelClaim {
    const chunk = this.chunks.find(({ id }) => id === request.chunk);
    if (chunk === undefined || request.run === run) return { kind: "inChunk" };
    if (UNSENT.includes(chunk.state)) {
      this.#dissolve(chunk);
      return this.#take(request, run);
    }
    for (const open of this.#openIn(chunk)) open.run = run;
    chunk.run = run;
    this.sights.add("adopted");
    return { kind: "inChunk" };
  }

  #dissolve(chunk: ModelChunk): void {
    for (const request of this.#openIn(chunk)) {
      if (request.state === "asked") Object.assign(request, { state: "unasked", attempts: request.attempts - 1 });
    }
    chunk.state = "settled";
  }

  #leaveOpen(request: ModelRequest, reply: ResultLocation | undefined): void {
    if (reply !== undefined) this.sights.add("replied");
    request.reply = reply ?? request.reply;
    if (request.attempts <= RETRIES) request.state = "unasked";
    else Object.assign(request, { state: "failed for now", result: reply });
  }

  #openIn(chunk: ModelChunk): readonly ModelRequest[] {
    const isOpen = ({ state }: ModelRequest) => state === "asked" || state === "unasked";
    return [...this.requests.values()].filter((request) => request.chunk === chunk.id && isOpen(request));
  }
}
