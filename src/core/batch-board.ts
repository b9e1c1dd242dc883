/** A batch of this execution, as it was last seen. */
export interface BatchNews {
  /** The chunk's name. */
  readonly name: string;
  readonly batchId: string | null;
  /** The provider's word for it. */
  readonly status: string;
  readonly requests: number;
  /** As the provider gives them; not what counts. */
  readonly completed: number;
  readonly failed: number;
  /** Input tokens, counted before. */
  readonly tokens: number;
  /** Milliseconds since the Unix epoch. */
  readonly submittedAt: number;
  /** When it came to its end; undefined while it is at work. */
  readonly endedAt?: number;
}

/** Ended batches that are remembered for who looks. */
const ENDED_KEPT = 50;

/** The batches of an execution: those at the provider, and the last ones that ended. */
export class BatchBoard {
  readonly #atWork = new Map<string, BatchNews>();
  readonly #ended: BatchNews[] = [];
  readonly #reached = new Map<string, number>();
  readonly #durations: number[] = [];
  #doneOfEnded = 0;

  /** A batch has been created, or adopted. */
  submitted(batch: BatchNews): void {
    this.#count("submitted");
    this.#atWork.set(batch.name, batch);
  }

  /** A batch at the provider was looked at. */
  seen(batch: BatchNews): void {
    this.#atWork.set(batch.name, batch);
  }

  /** A batch has ended, as its status says. */
  ended(batch: BatchNews, endedAt: number): void {
    this.#atWork.delete(batch.name);
    this.#ended.push({ ...batch, endedAt });
    if (this.#ended.length > ENDED_KEPT) this.#ended.shift();
    this.#count(batch.status);
    this.#doneOfEnded += batch.completed + batch.failed;
    this.#durations.push(Math.max(0, endedAt - batch.submittedAt) / 1000);
  }

  /** Those at the provider, oldest first. */
  get atWork(): readonly BatchNews[] {
    return [...this.#atWork.values()];
  }

  /** The last ones that ended, oldest first. */
  get lastEnded(): readonly BatchNews[] {
    return this.#ended;
  }

  /** Seconds from each batch's creation until it was seen to have ended: 8 bytes a batch, so all are kept. */
  get durations(): readonly number[] {
    return this.#durations;
  }

  /** How many batches have been `submitted`, and have come to each status that ends one. */
  get reached(): ReadonlyMap<string, number> {
    return this.#reached;
  }

  /** Requests that the provider says it is done with, of all batches. */
  get requestsDone(): number {
    let done = this.#doneOfEnded;
    for (const { completed, failed } of this.#atWork.values()) done += completed + failed;
    return done;
  }

  #count(status: string): void {
    this.#reached.set(status, (this.#reached.get(status) ?? 0) + 1);
  }
}
