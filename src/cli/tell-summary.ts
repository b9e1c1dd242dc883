import { writeFileDurably } from "../io/durable.ts";
import { formatSummary, type Summary } from "../report/summary.ts";
import type { CommandContext } from "./command.ts";
import { writeText } from "./write-text.ts";

/** Says on stderr what a run did, and writes the file of `--summary`. */
export async function tellSummary({ configuration, stderr }: CommandContext, summary: Summary): Promise<void> {
  const { stringifyWithUsd } = await import("../pricing/usd-json.ts");
  const { displayUsd } = await import("../pricing/usd.ts");
  const { values } = configuration;
  if (values.summary !== undefined) await writeFileDurably(values.summary, `${stringifyWithUsd(summary, 2)}\n`);
  const hasHappened = summary.dry_run || summary.exit_status <= 1 || summary.rows.written > 0 || summary.chunks > 0;
  if (hasHappened && !values.quiet && values.logFormat === "text")
    await writeText(stderr, formatSummary(summary, displayUsd, stderr.columns));
}
