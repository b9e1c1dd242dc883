/** Who is better of a row's `a` and `b`. */
export type PairVerdict = "a" | "b" | "tie";
const VERDICTS: readonly PairVerdict[] = ["a", "b", "tie"];
const TURNED: Readonly<Record<PairVerdict, PairVerdict>> = { a: "b", b: "a", tie: "tie" };

/** What the two orders come to. */
export interface Reconciled {
  readonly winner: PairVerdict;
  /** Whether both orders say the same. */
  readonly consistent: boolean;
  /** What each order says, of the row's own `a` and `b`. */
  readonly first: PairVerdict;
  readonly swapped: PairVerdict;
}

/**
 * Makes one verdict of those on the two orders. The same one in both wins; where they differ, it was the place that
 * decided and not the text, and nobody wins.
 *
 * @param first The verdict with `a` shown first.
 * @param other The verdict with `b` shown first, as the model gave it: its `a` is the row's `b`.
 */
export function reconcile(first: PairVerdict, other: PairVerdict): Reconciled {
  const swapped = TURNED[other];
  const consistent = first === swapped;
  return { winner: consistent ? first : "tie", consistent, first, swapped };
}

/** The verdict of an answer. @param json Its JSON text. @returns undefined where it gives none */
export function verdictIn(json: string): PairVerdict | undefined {
  const answer: unknown = JSON.parse(json);
  const winner = typeof answer === "object" && answer !== null && "winner" in answer ? answer.winner : undefined;
  return VERDICTS.find((verdict) => verdict === winner);
}
