import type { Clock } from "../core/clock.ts";
import { Change } from "../core/concurrency.ts";
import type { Logger } from "../core/logger.ts";
import type { Patience } from "../core/patience.ts";
import type { Chunk, Ledger, Run } from "../ledger/ledger.ts";

/** How much may be at the provider at a time. */
export interface AdmissionLimits {
  readonly maxBatches: number;
  /** Input tokens of all batches of a model; undefined for what the provider's refusals have taught. */
  readonly enqueuedTokens: number | undefined;
  /** Batches created within an hour; undefined for no limit. */
  readonly batchesPerHour: number | undefined;
}

export interface AdmissionOptions {
  readonly ledger: Ledger;
  readonly run: Run;
  /** The provider's identity. */
  readonly provider: string;
  readonly model: string;
  readonly limits: AdmissionLimits;
  readonly patience: Patience;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** What a chunk takes up while its batch is at the provider. */
type Load = Pick<Chunk, "name" | "tokens">;
/** Whether its batch is still to be created counts for what may be created within an hour. */
interface Inside extends Load {
  readonly enteredAt: number;
  readonly isToBeCreated: boolean;
}
type Blocked = { readonly by: "batches" | "tokens" | "hour"; readonly untilMs: number };

const HOUR_MS = 3_600_000;
/** How often to look at what other processes have at the provider. */
const LOOK_ELSEWHERE_MS = 5_000;

/**
 * The admit stage: lets chunks to the provider as long as its limits and the user's are kept, first come, first in.
 * What other runs on the ledger have there counts as well.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #change = new Change();
  readonly #queue: symbol[] = [];
  readonly #inside = new Set<Inside>();
  #tokenLimit: number;

  constructor(options: AdmissionOptions) {
    const { ledger, provider, model, limits } = options;
    this.#options = options;
    this.#tokenLimit = limits.enqueuedTokens ?? ledger.tokenLimit(provider, model) ?? Number.POSITIVE_INFINITY;
  }

  /** Input tokens of all that is inside. */
  get tokensInside(): number {
    let tokens = 0;
    for (const load of this.#inside) tokens += load.tokens;
    return tokens;
  }

  /** The most input tokens that are let in at a time. */
  get tokenLimit(): number {
    return this.#tokenLimit;
  }

  /**
   * Waits until there is room. What alone is more than the limit is let in when nothing else is inside.
   *
   * @returns the way out, to be called once; undefined when patience ended first
   */
  async enter(load: Load): Promise<(() => void) | undefined> {
    const ticket = Symbol();
    this.#queue.push(ticket);
    try {
      for (let isTold = false; ; ) {
        const blocked = this.#queue[0] === ticket ? this.#blocked(load) : NOT_YOUR_TURN;
        if (blocked === undefined) return this.#letIn(load, true);
        if (this.#options.patience.isOver) return undefined;
        if (blocked.by === "hour" && !isTold) this.#tell(load, blocked);
        isTold = blocked.by === "hour";
        await this.#wait(blocked);
      }
    } finally {
      this.#queue.splice(this.#queue.indexOf(ticket), 1);
      this.#change.notify();
    }
  }

  /** For what is at the provider already. @returns the way out */
  enterAnyway(load: Load): () => void {
    return this.#letIn(load, false);
  }

  #letIn({ name, tokens }: Load, isToBeCreated: boolean): () => void {
    const entry = { name, tokens, isToBeCreated, enteredAt: this.#options.clock.now() };
    this.#inside.add(entry);
    return () => {
      this.#inside.delete(entry);
      this.#change.notify();
    };
  }

  /** The provider has said how many enqueued tokens it takes: from now on that is the limit, for later runs too. */
  learn(tokens: number): void {
    const { ledger, provider, model, log } = this.#options;
    if (tokens >= this.#tokenLimit) return;
    log.info("limit.learned", { model, tokens });
    this.#tokenLimit = tokens;
    ledger.learnTokenLimit(provider, model, tokens);
  }

  #blocked(load: Load): Blocked | undefined {
    if (this.#inside.size >= this.#options.limits.maxBatches)
      return { by: "batches", untilMs: Number.POSITIVE_INFINITY };
    return this.#blockedByTokens(load) ?? this.#blockedByHour();
  }

  #blockedByTokens({ tokens }: Load): Blocked | undefined {
    if (this.#tokenLimit === Number.POSITIVE_INFINITY) return undefined;
    const { ledger, provider, model, run, clock } = this.#options;
    const elsewhere = ledger.inFlightElsewhere(provider, model, run.id).tokens;
    const taken = this.tokensInside + elsewhere;
    if (taken === 0 || taken + tokens <= this.#tokenLimit) return undefined;
    const untilMs = elsewhere > 0 ? clock.now() + LOOK_ELSEWHERE_MS : Number.POSITIVE_INFINITY;
    return { by: "tokens", untilMs };
  }

  #blockedByHour(): Blocked | undefined {
    const { ledger, provider, limits, clock } = this.#options;
    const { batchesPerHour: limit } = limits;
    if (limit === undefined) return undefined;
    const times = ledger.creationsSince(provider, clock.now() - HOUR_MS);
    const free = limit - this.#toBeCreated();
    if (times.length < free) return undefined;
    const oldest = free > 0 ? times.at(-free) : undefined;
    return { by: "hour", untilMs: oldest === undefined ? clock.now() + LOOK_ELSEWHERE_MS : oldest + HOUR_MS };
  }

  /** Batches that were let in and are not created yet. */
  #toBeCreated(): number {
    const { ledger } = this.#options;
    const isPending = ({ name, enteredAt, isToBeCreated }: Inside) =>
      isToBeCreated && (ledger.findChunk(name)?.submittedAt ?? 0) < enteredAt;
    return [...this.#inside].filter(isPending).length;
  }

  async #wait({ untilMs }: Blocked): Promise<void> {
    const { clock, patience, signal } = this.#options;
    const woken = new AbortController();
    const either = AbortSignal.any([signal, woken.signal]);
    const waits = [this.#change.next(either)];
    const until = Math.min(untilMs, patience.endsAt);
    if (until !== Number.POSITIVE_INFINITY) waits.push(clock.sleep(Math.max(0, until - clock.now()), either));
    try {
      await Promise.race(waits);
    } finally {
      woken.abort();
      await Promise.allSettled(waits);
    }
  }

  #tell({ name }: Load, { untilMs }: Blocked): void {
    const { log, clock, limits } = this.#options;
    const seconds = Math.ceil((untilMs - clock.now()) / 1000);
    log.warn("as many batches were created within an hour as may be; waiting", {
      event: "limit.waiting",
      chunk: name,
      limit: limits.batchesPerHour,
      seconds,
    });
  }
}

const NOT_YOUR_TURN: Blocked = { by: "batches", untilMs: Number.POSITIVE_INFINITY };
