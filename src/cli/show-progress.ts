import { systemClock } from "../core/clock.ts";
import type { Counters } from "../core/counters.ts";
import type { ProgressView } from "../report/progress/view.ts";
import type { CommandContext } from "./command.ts";
import type { Progress } from "./progress.ts";
import { terminalKind } from "./terminal.ts";

/**
 * Shows how far a run is, as `--progress` asks: live on a terminal, as a line every 30 seconds elsewhere, or not at
 * all. With `auto` there is nothing under `--quiet`, and no live view where the rows go to a terminal, too.
 */
export async function showProgress(context: CommandContext, counters: Counters): Promise<Progress> {
  const { progress, quiet, dryRun } = context.configuration.values;
  if (progress === "never" || dryRun || (progress === "auto" && quiet)) return { close: async () => {} };
  const { runProgress } = await import("../report/progress/run-progress.ts");
  const startedAt = systemClock.now();
  return showViews(context, () => [runProgress(counters, { startedAt, now: systemClock.now() })], {
    isAlways: progress === "always",
  });
}

interface Showing {
  /** Whether it is shown where it may be in the way. */
  readonly isAlways: boolean;
}

/** Shows views as the terminal allows. */
export async function showViews(
  context: CommandContext,
  look: () => readonly ProgressView[],
  { isAlways }: Showing,
): Promise<Progress> {
  const { stderr, stdout, environment, configuration, screen } = context;
  const { logFormat, output } = configuration.values;
  const { LiveProgress, SpokenProgress } = await import("./progress.ts");
  const sharesTerminal = stdout.isTTY === true && (output === undefined || output === "-");
  const isLive = terminalKind(stderr, environment).isLive && logFormat === "text" && (isAlways || !sharesTerminal);
  if (isLive) return new LiveProgress({ screen, clock: systemClock, look });
  return new SpokenProgress({ clock: systemClock, look, say: sayer(context, isAlways) });
}

function sayer({ screen, log, configuration }: CommandContext, isAlways: boolean) {
  const isJson = configuration.values.logFormat === "json";
  return (line: string, view: ProgressView): void => {
    if (isJson) log.info("run.progress", fieldsOf(view));
    else if (isAlways) screen.write(`bg-pipe: ${line}\n`);
    else log.info(line);
  };
}

function fieldsOf({ rowsRead, asked, answered, failed, tokens, cost, remainingMs }: ProgressView) {
  return {
    rows_read: rowsRead,
    asked,
    answered,
    failed,
    tokens,
    cost_usd: cost === undefined ? undefined : Number(cost) / 1e12,
    remaining_seconds: remainingMs === undefined ? undefined : Math.round(remainingMs / 1000),
  };
}
