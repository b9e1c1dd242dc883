import { EXIT, InternalError } from "../core/errors.ts";
import { type Columns, numberIn, optionalNumberIn, textIn } from "./columns.ts";
import { isAlive, type ProcessIdentity } from "./lease.ts";

/**
 * How it stands with a run.
 *
 * - *running*: a living process works on it.
 * - *unfinished*: its process is gone, or left with work open; the same command goes on from there.
 * - *finished*: it ran to its end, or was halted by a failed row.
 * - *cancelled*: its batches were cancelled and collected; the same command would start a new run.
 */
export type RunState = "running" | "unfinished" | "finished" | "cancelled";

/** With which a run that was cancelled is closed as finished; no run finishes with it by itself. */
export const CANCELLED_STATUS = EXIT.unfinished;

/** How a row of the table of runs stands at a time. */
export function runStateOf(columns: Columns, now: number): RunState {
  if (isHeld(columns, now)) return "running";
  if (numberIn(columns, "is_finished") === 0) return "unfinished";
  return optionalNumberIn(columns, "exit_status") === CANCELLED_STATUS ? "cancelled" : "finished";
}

/** Whether a living process works on the run. */
export function isHeld(columns: Columns, now: number): boolean {
  return columns["ended_at"] === null && isAlive(holderOf(columns), numberIn(columns, "renewed_at"), now);
}

/** The process that works on the run, or was the last to do so. */
export function holderOf(columns: Columns): ProcessIdentity {
  const holder: unknown = JSON.parse(textIn(columns, "process"));
  if (typeof holder !== "object" || holder === null) throw new InternalError("a run in the ledger has no process");
  const { pid, host, startedAt } = holder as Partial<ProcessIdentity>;
  return { pid: pid ?? 0, host: host ?? "", startedAt: startedAt ?? "" };
}
