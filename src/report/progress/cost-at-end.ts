/** Money of a run so far, in pico-dollars. */
export interface CostsSoFar {
  readonly billed: bigint;
  /** What that of it that is settled was expected to cost. */
  readonly estimatedOfSettled: bigint;
  /** What is under way is expected to cost. */
  readonly estimatedOfOpen: bigint;
}

/** What has been billed, and what is under way at its estimate, corrected by how estimates have turned out; pico-dollars. */
export function costAtEnd({ billed, estimatedOfSettled, estimatedOfOpen }: CostsSoFar): number {
  const settled = Number(estimatedOfSettled);
  const correction = settled > 0 ? Number(billed) / settled : 1;
  return Number(billed) + Math.max(0, Number(estimatedOfOpen)) * correction;
}
