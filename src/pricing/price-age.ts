import type { PriceTable } from "./price-table.ts";

/** Prices change a few times a year. */
const MAX_AGE_DAYS = 180;
const DAY_MS = 86_400_000;

/**
 * A warning, as a sentence without a full stop, when the table is too old to be relied on.
 *
 * @param now In milliseconds since the Unix epoch.
 */
export function ageWarning({ updated }: Pick<PriceTable, "updated">, now: number): string | undefined {
  const days = Math.floor((now - Date.parse(updated)) / DAY_MS);
  if (days <= MAX_AGE_DAYS) return undefined;
  return `the price table is of ${updated}, ${days} days old: update bg-pipe, or put your own prices under prices: in the configuration`;
}
