import type { Logger } from "../core/logger.ts";
import { formatQuantity } from "../report/plain-text.ts";
import type { ExceededLimit } from "../stages/part.ts";
import type { Sighting, SplitFileResult } from "./split-file.ts";

/** Says what is odd about an input's rows: a line for each kind of oddity, whatever the number of rows. */
export function warnOf(path: string, { badRows, unaskedRows, oversizedRows }: SplitFileResult, log: Logger): void {
  if (badRows !== undefined) {
    const { count, message } = badRows;
    log.warn(`${path}: ${formatQuantity(count, "bad row")}, kept as is in the parts; the first: ${message}`);
  }
  if (unaskedRows !== undefined) {
    const { count, message } = unaskedRows;
    const what = `${formatQuantity(count, "row")} without a request, counted as 0 tokens`;
    log.warn(`${path}: ${what}; ${firstOf(unaskedRows)}: ${message}`);
  }
  for (const limit of ["bytes", "tokens"] satisfies ExceededLimit[]) {
    const rows = oversizedRows[limit];
    if (rows === undefined) continue;
    const what = `${formatQuantity(rows.count, "row")} over --chunk-${limit}, each in a part of its own`;
    log.warn(`${path}: ${what}; ${firstOf(rows)}`);
  }
}

/** Names parts of an earlier split that are still there, beside the new ones. */
export function warnOfOldParts(paths: readonly string[], log: Logger): void {
  if (paths.length === 0) return;
  const named = paths.slice(0, NAMED_PATHS).join(", ");
  const others = paths.length > NAMED_PATHS ? `, and ${paths.length - NAMED_PATHS} more` : "";
  log.warn(`parts of an earlier split are still there: ${named}${others}`);
}

const NAMED_PATHS = 10;

function firstOf({ first }: Sighting): string {
  return `the first: ${first.file}:${first.line}`;
}
