import { setImmediate as giveWay } from "node:timers/promises";
import { LineReader, type ScannedInput } from "./batch-input.ts";
import type { BatchRecord } from "./batch-record.ts";
import type { BatchStore } from "./batch-store.ts";
import { parseBatchLine } from "./batch-validation.ts";
import type { Answerer } from "./completions.ts";
import type { BatchErrorObject } from "./wire.ts";

/** How long counting goes on before other work of the process has its turn. */
const SLICE_MS = 10;

/** An input file whose prompt tokens are to be counted. */
export interface CountedInput {
  readonly path: string;
  readonly input: ScannedInput;
  readonly answerer: Answerer;
  readonly signal: AbortSignal;
}

/** The limit on the prompt tokens of all batches of a model that have not ended. */
export class EnqueuedTokens {
  readonly #limit: number | undefined;
  readonly #batches: BatchStore;

  constructor(limit: number | undefined, batches: BatchStore) {
    this.#limit = limit;
    this.#batches = batches;
  }

  /** Prompt tokens of a whole input file; 0 without counting where nothing limits them. */
  async count({ path, input, answerer, signal }: CountedInput): Promise<number> {
    if (this.#limit === undefined) return 0;
    const reader = new LineReader(path, input);
    try {
      let tokens = 0;
      let stopMs = performance.now() + SLICE_MS;
      for (let index = 0; index < input.count; index++) {
        tokens += answerer.promptTokens(parseBatchLine(reader.read(index)).body);
        if (performance.now() < stopMs) continue;
        await giveWay(undefined, { signal });
        stopMs = performance.now() + SLICE_MS;
      }
      return tokens;
    } finally {
      reader.close();
    }
  }

  /**
   * Looks whether a batch goes over the limit, without giving way to other work. Its record has to be on disk, with
   * its tokens: of two that are admitted by two processes at the same time, each sees the other, and none is let in.
   *
   * @returns why it is refused
   */
  refusal({ batch, work }: BatchRecord): BatchErrorObject | undefined {
    if (this.#limit === undefined) return undefined;
    const others = this.#batches.unfinished().filter((other) => other.batch.id !== batch.id);
    const ofModel = others.filter((other) => other.batch.model === batch.model);
    const enqueued = ofModel.reduce((sum, other) => sum + other.work.enqueuedTokens, work.enqueuedTokens);
    if (enqueued <= this.#limit) return undefined;
    const message = `Enqueued token limit reached for ${batch.model} in organization org-emulator. Limit: ${this.#limit.toLocaleString("en-US")} enqueued tokens. Please try again once some in_progress batches have been completed.`;
    return { code: "token_limit_exceeded", message, param: null, line: null };
  }
}
