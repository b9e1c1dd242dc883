import { UsageError } from "../core/errors.ts";
import { ModeSwitch } from "../core/mode-switch.ts";
import type { GradeSettings, RunHost } from "./settings.ts";

type ModeSettings = Pick<GradeSettings, "mode" | "deadline" | "detach">;

/** A deadline that is nearer than a batch is likely to be done. */
const NEAR_MS = 600_000;

/**
 * How a run begins to ask, and when it goes on live.
 *
 * @throws {UsageError} when it is to be live, and not to wait
 */
export function modeSwitchOf({ mode, deadline, detach }: ModeSettings, { clock }: Pick<RunHost, "clock">): ModeSwitch {
  if (mode === "live" && detach) throw liveDetached();
  const deadlineMs = deadline === undefined ? Number.POSITIVE_INFINITY : deadline * 1000;
  const isNear = mode === "auto" && !detach && deadlineMs < NEAR_MS;
  return new ModeSwitch(clock, mode === "live" || isNear ? 0 : deadlineMs);
}

/** Whether the number of rows decides. A live answer has to be waited for. */
export function goesByRows({ mode, detach }: ModeSettings, { isLive }: ModeSwitch): boolean {
  return mode === "auto" && !detach && !isLive;
}

function liveDetached(): UsageError {
  return new UsageError("--detach leaves batches at work, and --mode live makes none", {
    hint: "Leave one of them out; --wait DURATION ends a live run after a while.",
  });
}
