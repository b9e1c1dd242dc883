/** Counts below this have a place of their own in an array. */
const SMALL = 1 << 17;
/** So many different counts from {@link SMALL} on are kept apart. */
const MAX_LARGE = 1 << 16;
/** A bucket is as wide as this share of the counts in it, at most. */
const BUCKETS_PER_OCTAVE = 1 << 10;

/**
 * How often each number of tokens came, in at most some 5 MB. Total, mean, smallest and largest are exact. So is every
 * percentile, unless more than 65,536 different counts of 131,072 tokens and more came: those counts are then put into
 * buckets, and a percentile among them is off by 0.05 % at most. What it says depends on the counts only, not on their
 * order.
 */
export class TokenTable {
  /** Counts so far. */
  rows = 0;
  total = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  #small = new Float64Array(1 << 10);
  #large = new Map<number, number>();
  #isRough = false;

  /** @param tokens A whole number below 2³². */
  add(tokens: number): void {
    this.rows++;
    this.total += tokens;
    if (tokens < this.#min) this.#min = tokens;
    if (tokens > this.#max) this.#max = tokens;
    if (tokens < SMALL) this.#addSmall(tokens);
    else this.#addLarge(this.#isRough ? middleOfBucket(tokens) : tokens, 1);
  }

  get min(): number | undefined {
    return this.rows === 0 ? undefined : this.#min;
  }

  get max(): number | undefined {
    return this.rows === 0 ? undefined : this.#max;
  }

  get mean(): number | undefined {
    return this.rows === 0 ? undefined : this.total / this.rows;
  }

  /** By nearest rank: the smallest count that at least so many percent of the rows do not exceed. */
  percentile(percent: number): number | undefined {
    const rank = Math.max(1, Math.ceil((percent * this.rows) / 100));
    let seen = 0;
    for (const [tokens, rows] of this.entries()) {
      seen += rows;
      if (seen >= rank) return Math.min(Math.max(tokens, this.#min), this.#max);
    }
    return undefined;
  }

  /** Each count and how many rows have it, the smallest first. */
  *entries(): Generator<readonly [tokens: number, rows: number]> {
    for (let tokens = 0; tokens < this.#small.length; tokens++) {
      const rows = this.#small[tokens] ?? 0;
      if (rows > 0) yield [tokens, rows];
    }
    yield* [...this.#large].sort(([a], [b]) => a - b);
  }

  #addSmall(tokens: number): void {
    if (tokens >= this.#small.length) {
      const grown = new Float64Array(1 << (32 - Math.clz32(tokens)));
      grown.set(this.#small);
      this.#small = grown;
    }
    this.#small[tokens] = (this.#small[tokens] ?? 0) + 1;
  }

  #addLarge(tokens: number, rows: number): void {
    this.#large.set(tokens, (this.#large.get(tokens) ?? 0) + rows);
    if (!this.#isRough && this.#large.size > MAX_LARGE) this.#roughen();
  }

  #roughen(): void {
    this.#isRough = true;
    const exact = this.#large;
    this.#large = new Map();
    for (const [tokens, rows] of exact) this.#addLarge(middleOfBucket(tokens), rows);
  }
}

function middleOfBucket(tokens: number): number {
  const octave = 2 ** (31 - Math.clz32(tokens));
  const width = octave / BUCKETS_PER_OCTAVE;
  return Math.floor(tokens / width) * width + width / 2;
}
