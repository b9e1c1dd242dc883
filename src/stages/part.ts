/** What a part may hold; infinite where there is no limit. */
export interface PartLimits {
  readonly rows: number;
  /** Bytes of the part as a file. */
  readonly bytes: number;
  readonly tokens: number;
  /** So many parts of all the rows there are, equal but for one row. */
  readonly count: { readonly parts: number; readonly rows: number } | undefined;
}

/** What is to be known of a row to find its part. */
export interface PartRow {
  /** What it adds to a part. */
  readonly bytes: number;
  readonly tokens: number;
  readonly isBad: boolean;
}

/** What is in a part. */
export interface PartContent {
  readonly rows: number;
  readonly badRows: number;
  readonly tokens: number;
}

/** Limits that a row alone is over. */
export type ExceededLimit = "bytes" | "tokens";

/** The part stage: says of each row, in order, whether a part begins with it. */
export class PartStage {
  readonly #limits: PartLimits;
  #rowsBefore = 0;
  readonly #frameBytes: number;
  #part = { rows: 0, badRows: 0, tokens: 0 };
  #bytes: number;

  /** @param frameBytes What every part has beside its rows, such as a header. */
  constructor(limits: PartLimits, frameBytes: number) {
    this.#limits = limits;
    this.#frameBytes = frameBytes;
    this.#bytes = frameBytes;
  }

  /** What is in the part at hand. */
  get part(): PartContent {
    return this.#part;
  }

  /** Whether the row does not go into the part at hand, which is never said of an empty one. */
  isFullFor({ bytes, tokens }: PartRow): boolean {
    const { rows, tokens: tokensBefore } = this.#part;
    if (rows === 0) return false;
    const limits = this.#limits;
    const isFull = rows >= limits.rows || this.#bytes + bytes > limits.bytes || tokensBefore + tokens > limits.tokens;
    return isFull || this.#isShareFull();
  }

  /** The limits that no part with this row could keep. */
  limitsUnder({ bytes, tokens }: PartRow): readonly ExceededLimit[] {
    const exceeded: ExceededLimit[] = [];
    if (this.#frameBytes + bytes > this.#limits.bytes) exceeded.push("bytes");
    if (tokens > this.#limits.tokens) exceeded.push("tokens");
    return exceeded;
  }

  /** Takes the row into the part at hand. */
  add({ bytes, tokens, isBad }: PartRow): void {
    this.#rowsBefore++;
    this.#part.rows++;
    if (isBad) this.#part.badRows++;
    this.#part.tokens += tokens;
    this.#bytes += bytes;
  }

  /** Ends the part at hand; the next is empty. */
  end(): void {
    this.#part = { rows: 0, badRows: 0, tokens: 0 };
    this.#bytes = this.#frameBytes;
  }

  /** Whether the rows so far are those of a whole number of shares: share `n` of N ends with row `n × rows / N`. */
  #isShareFull(): boolean {
    const { count } = this.#limits;
    if (count === undefined) return false;
    const parts = Math.min(count.parts, count.rows);
    const share = Math.ceil((this.#rowsBefore * parts) / count.rows);
    return Math.floor((share * count.rows) / parts) === this.#rowsBefore;
  }
}
