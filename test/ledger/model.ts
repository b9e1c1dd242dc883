import type { ChunkState, ResultLocation, Run } from "../../src/ledger/ledger.ts";
import { type LedgerBench, RETRIES } from "./harness.ts";

export const KEYS = ["a", "b", "c", "d", "e", "f"];
export const PROCESSES = 3;

export interface ModelRequest {
  state: "none" | "claimed" | "asked" | "unasked" | "answered" | "failed" | "failed for now";
  run: number;
  chunk: number;
  attempts: number;
}

export interface ModelChunk {
  readonly id: number;
  readonly keys: readonly string[];
  run: number;
  state: ChunkState;
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

const UNSENT: readonly ChunkState[] = ["sealed", "uploading", "uploaded"];

/** The contract of the ledger once more, as plainly as it can be said. */
export class LedgerModel {
  readonly processes: readonly ModelProcess[] = Array.from({ length: PROCESSES }, () => ({ run: undefined }));
  readonly requests = new Map<string, ModelRequest>(
    KEYS.map((key) => [key, { state: "none", run: 0, chunk: 0, attempts: 0 }]),
  );
  readonly chunks: ModelChunk[] = [];

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

  /** @returns the kind of claim that the run gets */
  claim(key: string, run: number): string {
    const request = this.request(key);
    const isOthers = request.run !== run && this.isHeld(request.run);
    switch (request.state) {
      case "answered":
      case "failed":
        return "settled";
      case "failed for now":
        return request.run === run || isOthers ? "settled" : this.#take(request, run);
      case "none":
        return this.#take(request, run);
      case "asked":
        return isOthers ? "elsewhere" : this.#join(request, run);
      default:
        if (isOthers) return "elsewhere";
        return request.state === "claimed" && request.run === run ? "mine" : this.#take(request, run);
    }
  }

  record(chunk: ModelChunk, key: string, fate: string): void {
    const request = this.request(key);
    if (request.chunk !== chunk.id) return;
    const isOpen = request.state === "asked" || request.state === "unasked";
    const hasFailed = request.state === "failed" || request.state === "failed for now";
    if (fate === "answered" && (isOpen || hasFailed)) request.state = "answered";
    if (fate === "failed" && isOpen) request.state = "failed";
    if (fate === "retry" && request.state === "asked") this.#leaveOpen(request);
  }

  settle(chunk: ModelChunk): void {
    for (const request of this.#openIn(chunk)) if (request.state === "asked") this.#leaveOpen(request);
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

  voidClaims(run: number): void {
    for (const request of this.requests.values()) {
      if (request.state === "claimed" && request.run === run) {
        Object.assign(request, { state: "none", chunk: 0, attempts: 0 });
      }
    }
  }

  #take(request: ModelRequest, run: number): string {
    Object.assign(request, { state: "claimed", run, attempts: request.state === "unasked" ? request.attempts : 0 });
    return "new";
  }

  #join(request: ModelRequest, run: number): string {
    const chunk = this.chunks.find(({ id }) => id === request.chunk);
    if (chunk === undefined || request.run === run) return "inChunk";
    if (UNSENT.includes(chunk.state)) {
      this.#dissolve(chunk);
      return this.#take(request, run);
    }
    for (const open of this.#openIn(chunk)) open.run = run;
    chunk.run = run;
    return "inChunk";
  }

  #dissolve(chunk: ModelChunk): void {
    for (const request of this.#openIn(chunk)) {
      if (request.state === "asked") Object.assign(request, { state: "unasked", attempts: request.attempts - 1 });
    }
    chunk.state = "settled";
  }

  #leaveOpen(request: ModelRequest): void {
    request.state = request.attempts > RETRIES ? "failed for now" : "unasked";
  }

  #openIn(chunk: ModelChunk): readonly ModelRequest[] {
    const isOpen = ({ state }: ModelRequest) => state === "asked" || state === "unasked";
    return [...this.requests.values()].filter((request) => request.chunk === chunk.id && isOpen(request));
  }
}
