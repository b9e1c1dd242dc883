/** Input tokens as they were counted before, and as the provider has billed them. */
export interface ComparedInput {
  readonly estimated: number;
  readonly billed: number;
}

/** How far an estimate was off, in percent to two decimals; above 0 when it was too high, null when nothing was billed. */
export function errorPercent({ estimated, billed }: ComparedInput): number | null {
  // Not -0.
  return billed === 0 ? null : Math.round(((estimated - billed) / billed) * 10_000) / 100 + 0;
}

/** Such as `+1.50%`. */
export function formatErrorPercent(percent: number): string {
  return `${percent > 0 ? "+" : ""}${percent.toFixed(2)}%`;
}
