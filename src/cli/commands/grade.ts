import { optionsOf } from "../../config/options.ts";
import { readPackageText } from "../../config/package-data.ts";
import { systemClock } from "../../core/clock.ts";
import { Counters } from "../../core/counters.ts";
import { EXIT, UsageError } from "../../core/errors.ts";
import { writeFileDurably } from "../../io/durable.ts";
import type { GradeResult } from "../../pipelines/grade.ts";
import type { RunHost } from "../../pipelines/settings.ts";
import { formatSummary, type Summary } from "../../report/summary.ts";
import type { Command, CommandContext } from "../command.ts";
import { boundHeapGrowth } from "../memory.ts";
import { exportMetrics } from "../metrics-export.ts";
import { accessProvider, type ProviderAccess } from "../provider-access.ts";
import { showProgress } from "../show-progress.ts";
import { writeText } from "../write-text.ts";

/** The whole pipeline over rows. */
export const grade: Command = {
  name: "grade",
  summary: "Sends every row through a model by way of the Batch API, and adds the answer to the row",
  usage: "grade [INPUT…] [flags]",
  options: optionsOf("grade"),
  examples: [
    {
      command: "bg-pipe grade answers.csv --model gpt-5-mini --prompt grading.yaml -o graded.csv",
      explains: "Grades a CSV file; run it again after a stop and it goes on",
    },
    {
      command: "cat answers.jsonl | bg-pipe grade --model gpt-5-mini --system 'Grade from 1 to 5.' > graded.jsonl",
      explains: "Works as a filter",
    },
    {
      command: "bg-pipe grade 'data/*.jsonl' --model gpt-5-mini --schema grade.json --errors failed.jsonl -o out.jsonl",
      explains: "Asks for answers that follow a JSON Schema, and sets failed rows apart",
    },
    {
      command: "bg-pipe grade answers.csv --model gpt-5-mini --dry-run",
      explains: "Says what would be asked, and makes no request",
    },
  ],
  afterSignal: "batches keep running at the provider; run the same command again to go on from here",
  run,
};

async function run(context: CommandContext): Promise<number> {
  refuseTerminalInput(context);
  boundHeapGrowth();
  const { values } = context.configuration;
  const access = await accessProvider(context);
  const counters = new Counters();
  try {
    const address = access.baseUrl === undefined ? {} : { baseUrl: access.baseUrl };
    const settings = { ...values, ...address, inputs: context.positionals };
    const { grade: gradeRows } = await import("../../pipelines/grade.ts");
    const host = { ...(await hostOf(context, access)), counters };
    const result = await observed(context, counters, () => gradeRows(settings, host));
    await tell(context, result.summary);
    context.record.info("run.ended", runFields(result.summary));
    if (result.error !== undefined) throw result.error;
    return result.exitStatus;
  } finally {
    await access.close();
  }
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

/** Someone who forgot the input would wait for ever. */
function refuseTerminalInput({ positionals, stdin }: CommandContext): void {
  if (positionals.length > 0 || stdin.isTTY !== true) return;
  throw new UsageError("there is no input: nothing is piped in, and no file is named", {
    hint: "Try: bg-pipe grade rows.jsonl, or: cat rows.jsonl | bg-pipe grade. Use - to type rows in.",
  });
}

async function hostOf(context: CommandContext, { apiKey, isEmbedded }: ProviderAccess): Promise<RunHost> {
  const { stdin, stdout, log, signal } = context;
  const { readPrices } = await import("../price-access.ts");
  const prices = await readPrices(context.configuration);
  const data = { prompts: await readPackageText("prompts.yaml"), models: await readPackageText("models.yaml") };
  return { stdin, stdout, log, clock: systemClock, signal, apiKey, isEmbedded, data, prices };
}

/** The summary in one line of the log. */
function runFields({ run, provider, model, rows, batches_submitted: batches, cost, ...summary }: Summary) {
  const billed = cost.billed_usd === null ? null : Number(cost.billed_usd) / 1e12;
  const { read, answered, failed } = rows;
  const { seconds, exit_status } = summary;
  return { run, provider, model, read, answered, failed, batches, cost_usd: billed, seconds, exit_status };
}

async function tell({ configuration, stderr }: CommandContext, summary: Summary): Promise<void> {
  const { stringifyWithUsd } = await import("../../pricing/usd-json.ts");
  const { displayUsd } = await import("../../pricing/usd.ts");
  const { values } = configuration;
  if (values.summary !== undefined) await writeFileDurably(values.summary, `${stringifyWithUsd(summary, 2)}\n`);
  const hasHappened = summary.dry_run || summary.exit_status <= 1 || summary.rows.written > 0 || summary.chunks > 0;
  if (hasHappened && !values.quiet && values.logFormat === "text")
    await writeText(stderr, formatSummary(summary, displayUsd));
}
