import { systemClock } from "../core/clock.ts";
import { Counters } from "../core/counters.ts";
import { EXIT } from "../core/errors.ts";
import type { GradeResult } from "../pipelines/grade.ts";
import type { RunHost } from "../pipelines/settings.ts";
import type { Summary } from "../report/summary.ts";
import type { CommandContext } from "./command.ts";
import { exportMetrics } from "./metrics-export.ts";
import type { ProviderAccess } from "./provider-access.ts";
import { runHostOf } from "./run-host.ts";
import { showProgress } from "./show-progress.ts";
import { tellSummary } from "./tell-summary.ts";

/**
 * Runs what asks a provider, with its metrics and progress shown, and says what came of it.
 *
 * @returns the exit status
 * @throws why the run ended early
 */
export async function runObserved(
  context: CommandContext,
  access: ProviderAccess,
  ask: (host: RunHost) => Promise<GradeResult>,
): Promise<number> {
  const counters = new Counters();
  const host = { ...(await runHostOf(context, access)), counters };
  const result = await observed(context, counters, () => ask(host));
  await tellSummary(context, result.summary);
  context.record.info("run.ended", runFields(result.summary));
  if (result.error !== undefined) throw result.error;
  return result.exitStatus;
}

/** A run with its metrics and its progress shown. */
async function observed(
  context: CommandContext,
  counters: Counters,
  run: () => Promise<GradeResult>,
): Promise<GradeResult> {
  const metrics = await exportMetrics(context, counters);
  try {
    const progress = await showProgress(context, counters);
    const result = await run().finally(() => progress.close());
    if (result.exitStatus === EXIT.ok && !result.summary.dry_run) counters.lastSuccessAt = systemClock.now();
    return result;
  } finally {
    await metrics.close();
  }
}

/** The summary in one line of the log. */
function runFields({ run, provider, model, rows, batches_submitted: batches, cost, ...summary }: Summary) {
  const billed = cost.billed_usd === null ? null : Number(cost.billed_usd) / 1e12;
  const { read, answered, failed } = rows;
  const { seconds, exit_status } = summary;
  return { run, provider, model, read, answered, failed, batches, cost_usd: billed, seconds, exit_status };
}
