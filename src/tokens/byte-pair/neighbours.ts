import type { Vocabulary } from "./vocabulary.ts";
import { hashWords } from "./word-keys.ts";

const NEVER = 0x7fffffff;

/** The pairs whose answer is kept, in 512 KiB; a newer pair takes the slot of an older one. */
const KEPT_PAIRS = 1 << 16;

/** Tells which tokens can stand side by side in an encoded text. */
export class Neighbours {
  private readonly vocabulary: Vocabulary;
  /** The halves each token is merged from, -1 before they are first asked for; a single byte is its own half. */
  private readonly halves: Int32Array;
  /** Slots of two words: the left token plus one, and the right token with the answer as its lowest bit. */
  private readonly kept = new Int32Array(KEPT_PAIRS * 2);

  constructor(vocabulary: Vocabulary) {
    this.vocabulary = vocabulary;
    this.halves = new Int32Array(vocabulary.size * 2).fill(-1);
  }

  /**
   * Whether merging the bytes of two tokens by rank ends in just these two. `view` has the bytes of both, and `border`
   * is where the right one starts.
   */
  canMeet(view: DataView, border: number, left: number, right: number): boolean {
    const { kept } = this;
    const slot = (hashWords(left, right) & (KEPT_PAIRS - 1)) * 2;
    const answer = kept[slot + 1] as number;
    if (kept[slot] === left + 1 && answer >> 1 === right) return (answer & 1) === 1;
    const found = this.stayApart(view, border, left, right, NEVER);
    kept[slot] = left + 1;
    kept[slot + 1] = (right << 1) | (found ? 1 : 0);
    return found;
  }

  /**
   * Whether two tokens stay apart when pairs below a rank are merged.
   *
   * It undoes the merges of both, latest first, and looks at the parts that met at the border at each time: if they
   * are a token themselves, of a lower rank than the merges undone so far, they would have merged instead. Of equal
   * ranks the leftmost merges first: the left part before the border, the border before the right part. Single bytes
   * are never merged from others and have the lowest ranks, so all is undone when the part of the higher rank is one.
   */
  private stayApart(view: DataView, border: number, left: number, right: number, rank: number): boolean {
    let before = left;
    let behind = right;
    let limit = rank;
    while (!this.wouldMerge(view, border, before, behind, limit)) {
      const later = Math.max(before, behind);
      const half = before > behind ? this.rightHalf(before) : this.leftHalf(behind);
      if (half === later) return true;
      limit = before > behind ? before : behind + 1;
      if (before > behind) before = half;
      else behind = half;
    }
    return false;
  }

  private wouldMerge(view: DataView, border: number, before: number, behind: number, limit: number): boolean {
    const start = border - this.vocabulary.lengthOf(before);
    const merged = this.vocabulary.find(view, start, border + this.vocabulary.lengthOf(behind) - start);
    return merged >= 0 && merged < limit;
  }

  private leftHalf(token: number): number {
    if ((this.halves[2 * token] as number) < 0) this.findHalves(token);
    return this.halves[2 * token] as number;
  }

  private rightHalf(token: number): number {
    if ((this.halves[2 * token] as number) < 0) this.findHalves(token);
    return this.halves[2 * token + 1] as number;
  }

  /** Of all ways to cut a token in two of lower rank, the one whose parts stay apart till then is how it is merged. */
  private findHalves(token: number): void {
    const { vocabulary } = this;
    const { starts, view } = vocabulary.ranks;
    const start = starts[token] as number;
    const end = starts[token + 1] as number;
    this.setHalves(token, token, token);
    for (let left = vocabulary.prefixOf(token); left >= 0; left = vocabulary.prefixOf(left)) {
      const border = start + vocabulary.lengthOf(left);
      const right = vocabulary.find(view, border, end - border);
      if (left > token || right < 0 || right > token || !this.stayApart(view, border, left, right, token)) continue;
      this.setHalves(token, left, right);
      return;
    }
  }

  private setHalves(token: number, left: number, right: number): void {
    this.halves[2 * token] = left;
    this.halves[2 * token + 1] = right;
  }
}
