import { optionsOf } from "../../config/options.ts";
import { readPackageText } from "../../config/package-data.ts";
import { EXIT } from "../../core/errors.ts";
import type { BuildReport } from "../../report/build.ts";
import type { Command, CommandContext } from "../command.ts";
import { filterSettings } from "../filter-settings.ts";
import { boundHeapGrowth } from "../memory.ts";
import { refuseTerminalInput } from "../terminal-input.ts";
import { warnOfRows } from "../warn-of-rows.ts";
import { writeText } from "../write-text.ts";

/** Rows to request lines. */
export const build: Command = {
  name: "build",
  summary: "Writes the requests that grade would make as a Batch API input file; makes none",
  usage: "build [INPUT…] [flags]",
  options: optionsOf("build"),
  examples: [
    {
      command: "bg-pipe build answers.csv --model gpt-5-mini --prompt grading.yaml -o requests.jsonl",
      explains: "One line for each distinct request; the provider takes the file as it is",
    },
    {
      command: "bg-pipe build answers.jsonl --model gpt-5-mini | bg-pipe submit > results.jsonl",
      explains: "Asks them; merge puts the results back to the rows, and writes what grade would",
    },
    {
      command: "bg-pipe build answers.jsonl --model gpt-5-mini --errors failed.jsonl | jq -c .body.messages",
      explains: "Shows what would be said, and sets apart the rows that cannot be asked",
    },
  ],
  afterSignal: "the file of requests is not complete; run the same command again",
  run,
};

async function run(context: CommandContext): Promise<number> {
  refuseTerminalInput("build", context);
  boundHeapGrowth();
  const { positionals, configuration, stdin, stdout, log, signal } = context;
  const data = { prompts: await readPackageText("prompts.yaml"), models: await readPackageText("models.yaml") };
  const { buildRequests } = await import("../../pipelines/build-requests.ts");
  const settings = { ...filterSettings(configuration), inputs: positionals };
  const report = await buildRequests(settings, { stdin, stdout, log, signal, data });
  await tell(context, report);
  return report.failed.byCode.size === 0 ? EXIT.ok : EXIT.rowsFailed;
}

async function tell({ configuration, stderr, log }: CommandContext, report: BuildReport): Promise<void> {
  const { formatBuild, isOneBatch } = await import("../../report/build.ts");
  warnOfRows(log, report.failed);
  if (!isOneBatch(report)) {
    log.warn("the file is more than the provider takes as one batch; submit makes as many as it needs");
  }
  const { quiet, logFormat } = configuration.values;
  if (!quiet && logFormat === "text") await writeText(stderr, formatBuild(report));
}
