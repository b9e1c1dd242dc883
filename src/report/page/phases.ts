import type { BatchSpan } from "../run-report.ts";
import { COLOR } from "./chart.ts";

/** What a batch goes through, with its colour. */
export const PHASES = {
  queued: COLOR.quiet,
  running: COLOR.main,
  finalising: COLOR.second,
  "to be collected": COLOR.soft,
  "at the provider": COLOR.other,
  live: COLOR.good,
} as const;
export type PhaseName = keyof typeof PHASES;

/** A part of a batch's life. Times in milliseconds since the Unix epoch. */
export interface Phase {
  readonly name: PhaseName;
  readonly from: number;
  readonly to: number;
}

/** Of a shorter life, times in whole seconds tell no parts. */
const LEAST_TOLD_MS = 2_000;

/**
 * A batch's life in parts, one behind the other. The provider's times are whole seconds, of another clock: none comes
 * before the one before it, or after the batch was settled here.
 *
 * @param now Up to when something that has not ended goes on.
 */
export function phasesOf(span: BatchSpan, now: number): readonly Phase[] {
  const { mode, submitted_at, in_progress_at, finalizing_at, ended_at, settled_at } = span;
  const from = Date.parse(submitted_at);
  const last = Math.max(from, settled_at === null ? now : Date.parse(settled_at));
  if (mode === "live") return parted(from, [["live", last]]);
  if (in_progress_at === null && ended_at === null) {
    const isKnown = settled_at === null && ["validating", "queued"].includes(span.status);
    return parted(from, [[isKnown ? "queued" : "at the provider", last]]);
  }
  if (last - from < LEAST_TOLD_MS) return parted(from, [["at the provider", last]]);
  const at = (time: string | null, otherwise: number) => (time === null ? otherwise : Math.min(last, Date.parse(time)));
  const ended = at(ended_at, last);
  const finalizing = at(finalizing_at, ended);
  return parted(from, [
    ["queued", at(in_progress_at, ended)],
    ["running", finalizing],
    ["finalising", ended],
    ["to be collected", last],
  ]);
}

function parted(start: number, ends: readonly (readonly [name: PhaseName, to: number])[]): readonly Phase[] {
  let from = start;
  return ends.flatMap(([name, end]) => {
    const phase = { name, from, to: Math.max(from, end) };
    from = phase.to;
    return phase.to > phase.from ? [phase] : [];
  });
}
