import type { BookedRun } from "../../ledger/books.ts";
import { parseJsonWithUsd } from "../../pricing/usd-json.ts";

/** What a run had from the ledger. */
export interface Saving {
  readonly model: string;
  /** Pico-dollars; undefined when it is not known. */
  readonly cost: bigint | undefined;
  readonly reusedRows: number;
  readonly sharedRows: number;
}

/** What a run's summary says it had from the ledger; undefined when it has left none, or had nothing. */
export function savingOf({ summary }: Pick<BookedRun, "summary">): Saving | undefined {
  const { model, requests, cost } = asObject(summary === null ? undefined : parse(summary));
  const { reused, shared } = asObject(requests);
  const [reusedRows, sharedRows] = [asCount(reused), asCount(shared)];
  if (reusedRows + sharedRows === 0) return undefined;
  const { saved_usd: saved } = asObject(cost);
  return {
    model: typeof model === "string" ? model : "unknown",
    cost: typeof saved === "bigint" ? saved : undefined,
    reusedRows,
    sharedRows,
  };
}

/** Costs are no reason to stumble over what some other version of bg-pipe has written. */
function parse(text: string): unknown {
  try {
    return parseJsonWithUsd(text);
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function asCount(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
