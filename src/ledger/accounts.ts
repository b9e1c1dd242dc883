import type { Failure, Usage } from "../core/records.ts";
import type { Chunk } from "./ledger.ts";

/** What a reply was billed with. Money is in pico-dollars (10⁻¹² USD). */
export interface Billed {
  readonly usage: Usage;
  /** Undefined when the price is not known. */
  readonly cost: bigint | undefined;
}

/** What has been spent on some chunks. */
export interface Spent {
  /** Replies that were billed. */
  readonly requests: number;
  /** Of these, the ones whose price is not known: they are not in `cost`. */
  readonly unpriced: number;
  readonly usage: Usage;
  /** Pico-dollars. */
  readonly cost: bigint;
  /** What it was expected to cost, in pico-dollars; undefined when the price was not known. */
  readonly estimatedCost: bigint | undefined;
}

/** What a run has taken of its limits. */
export interface RunTotals {
  /** Pico-dollars that were billed for chunks that are settled. */
  readonly cost: bigint;
  /** Estimated input tokens of all that was put to the provider. */
  readonly tokens: number;
}

/** A settled chunk, and what it cost. */
export interface ChunkAccount {
  readonly chunk: Chunk;
  readonly spent: Spent;
  /** When it was settled, milliseconds since epoch. */
  readonly settledAt: number;
  /** Which key paid: the first 8 hex digits of its SHA-256; undefined where there was none. */
  readonly apiKeyId: string | undefined;
}

/** Requests whose tokens are counted and billed alike. */
export interface RequestKind {
  /** The provider's identity. */
  readonly provider: string;
  readonly endpoint: string;
  readonly model: string;
}

/** The ledger's books. What a chunk was billed is booked with its outcomes, in one transaction. */
export interface Accounts {
  /** What a run has spent and reserved so far, over all its executions. */
  totalsOf(runId: number): RunTotals;
  /** What the provider has billed for a chunk so far. */
  spentOn(chunkId: number): Spent;
  /** Output tokens per billed reply of a model so far; undefined when there was none. */
  meanOutput(provider: string, model: string): number | undefined;
  /** The same for the replies of one run. */
  meanOutputOf(runId: number): number | undefined;
  /**
   * Input tokens per request that the provider has billed beyond those that were counted, in the last batches of which
   * every request was billed; below 0 when it billed fewer, undefined when there was none.
   */
  meanOverhead(kind: RequestKind): number | undefined;
  /** Fails requests that the run has claimed, or has to ask again, without asking them: its budget is used up. */
  refuse(keys: readonly string[], runId: number, failure: Failure): void;
  /**
   * Hands over settled chunks, of any run, that have not been handed over yet, oldest first. While `tell` is at work no
   * other process is; when it throws, or the process is killed, they come again.
   *
   * @returns how many there were
   */
  tell(limit: number, tell: (accounts: readonly ChunkAccount[]) => void): number;
}
