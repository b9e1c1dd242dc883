/** Input tokens of each request beside its own: as many for all, or by the model that it asks. */
export type OverheadTokens = number | ((model: string) => number);

/** How many they are for a request to that model. */
export function overheadOf(overhead: OverheadTokens | undefined, model: string): number {
  return typeof overhead === "function" ? overhead(model) : (overhead ?? 0);
}
