import { alignColumns, formatCount, printable } from "./plain-text.ts";

/** What `cancel` did, as `--json` has it. */
export interface CancellationReport {
  readonly state_dir: string;
  readonly runs: readonly CancelledRun[];
}

export interface CancelledRun {
  readonly run: number;
  readonly label: string;
  /** How the run stands now: `cancelled` when nothing of it is at the provider any more. */
  readonly state: "cancelled" | "unfinished" | "finished";
  readonly batches: readonly CancelledBatch[];
}

export interface CancelledBatch {
  readonly chunk: string;
  /** Null when there turned out to be none. */
  readonly batch_id: string | null;
  /**
   * - `collected`: the batch has ended, and its results are on this disk.
   * - `released`: there is no batch, or it ended without results; nothing was billed.
   * - `cancelling`: the provider has not ended it yet.
   * - `failed`: the provider could not be asked; see `error`.
   */
  readonly outcome: "collected" | "released" | "cancelling" | "failed";
  /** As the provider last gave it. */
  readonly batch_status: string | null;
  readonly requests: number;
  /** Answers that are kept, by the lines of the downloaded file; null before it is here. */
  readonly answers: number | null;
  readonly error: string | null;
}

/** The report as lines for people. */
export function formatCancellation({ runs }: CancellationReport): string {
  if (runs.length === 0) return "There is nothing to cancel: no run is unfinished, and no batch is in flight.\n";
  return runs
    .map((run) =>
      runLines(run)
        .map((line) => `${line}\n`)
        .join(""),
    )
    .join("\n");
}

function runLines(run: CancelledRun): readonly string[] {
  const { label, batches } = run;
  const rows = batches.map((batch) => [batch.batch_id ?? batch.chunk, wordsFor(batch), keptOf(batch)].map(printable));
  const table = rows.length === 0 ? [] : alignColumns([["batch", "is now", "answers kept"], ...rows], LAYOUT);
  return [`Run ${run.run}  ${printable(label)}`, ...table, `  ${endOf(run)}`];
}

const LAYOUT = { alignment: "llr", indent: "  " };

function wordsFor({ outcome, batch_status: status, error }: CancelledBatch): string {
  switch (outcome) {
    case "collected":
      return status ?? "collected";
    case "released":
      return status === null ? "not there" : `${status}, without results`;
    case "cancelling":
      return status ?? "cancelling";
    case "failed":
      return `unclear: ${error}`;
  }
}

function keptOf({ answers, requests }: CancelledBatch): string {
  return answers === null ? "" : `${formatCount(answers)} of ${formatCount(requests)}`;
}

function endOf({ state, batches }: CancelledRun): string {
  if (state === "cancelled")
    return "The run is cancelled. What it has answers to is kept; its command would ask only for the rest.";
  const isOpen = batches.some(({ outcome }) => outcome === "cancelling" || outcome === "failed");
  if (isOpen) return "Run cancel again to collect what is still open.";
  return state === "finished"
    ? "The run was finished before; its command would ask only for what is missing."
    : "The run is unfinished; the same command goes on, and asks again for the rest.";
}
