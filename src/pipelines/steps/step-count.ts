import { InternalError } from "../../core/errors.ts";
import type { Tally } from "./row-step.ts";

/** What has gone through a step. */
export interface StepCount extends Tally {
  readonly label: string;
  in: number;
  out: number;
  /** Rows that have failed in it, or before it. */
  failed: number;
  /** The ledger's run, of a step that asks. */
  run: number | null;
  readonly model: string | null;
}

/** The error for rows that went into a step, and that nobody says what became of. */
export function lostRows({ label, in: given, out, dropped, added }: StepCount): InternalError {
  return new InternalError(
    `${given} rows went into ${label}, but ${out} came out, ${dropped} dropped and ${added} added`,
  );
}
