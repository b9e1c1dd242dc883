/**
 * Input tokens to reckon with for each request beside those that are counted: never fewer than 0, so that an estimate is
 * rather too high.
 *
 * @param mean What earlier requests were billed beyond their count; undefined when there were none.
 */
export function wholeOverhead(mean: number | undefined): number | undefined {
  return mean === undefined ? undefined : Math.max(0, Math.ceil(mean));
}
