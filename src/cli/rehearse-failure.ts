import { constants } from "node:os";
import type { Environment } from "../config/environment.ts";
import { UsageError } from "../core/errors.ts";
import { armFailpoints, DURABLE_STEPS, type Failpoint, LIVE_STEPS } from "../core/failpoints.ts";

const FORM = /^([a-z-]+\.[a-z-]+\.(?:before|after))(?::(\d+))?(?:=([A-Z]+))?$/;

/**
 * Arms the failpoint that `BG_PIPE_FAILPOINT` names, as the crash tests do: `call.create.after` kills the process
 * with SIGKILL at that point, `…:3` when it is met for the third time, `…=ENOSPC` throws that system error instead.
 *
 * @throws {UsageError} for a name that is none
 */
export function rehearseFailure(environment: Environment): void {
  const text = environment["BG_PIPE_FAILPOINT"];
  armFailpoints(text === undefined || text === "" ? undefined : strikeOf(text));
}

function strikeOf(text: string): (name: Failpoint) => void {
  const [, name, turn, code] = FORM.exec(text) ?? [];
  const isKnown = [...DURABLE_STEPS, ...LIVE_STEPS].some(
    (step) => name === `${step}.before` || name === `${step}.after`,
  );
  if (!isKnown) throw new UsageError(`BG_PIPE_FAILPOINT names no failpoint: ${text}`);
  let left = Number(turn ?? 1);
  return (met) => {
    if (met !== name || --left !== 0) return;
    if (code !== undefined) throw systemError(code, met);
    process.kill(process.pid, "SIGKILL");
  };
}

function systemError(code: string, place: string): Error {
  const known: Readonly<Record<string, number>> = constants.errno;
  return Object.assign(new Error(`${code}: rehearsed at ${place}`), {
    code,
    errno: -(known[code] ?? 0),
    syscall: "write",
  });
}
