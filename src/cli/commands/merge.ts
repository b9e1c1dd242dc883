import { optionsOf } from "../../config/options.ts";
import { readPackageText } from "../../config/package-data.ts";
import type { MergeReport } from "../../report/merge.ts";
import type { Command, CommandContext } from "../command.ts";
import { boundHeapGrowth } from "../memory.ts";
import { refuseTerminalInput } from "../terminal-input.ts";
import { writeText } from "../write-text.ts";

/** Results back to their rows. */
export const merge: Command = {
  name: "merge",
  summary: "Puts result lines back to the rows that ask them, and writes what grade would; makes no request",
  usage: "merge [INPUT…] --results FILE [flags]",
  options: optionsOf("merge"),
  examples: [
    {
      command: "bg-pipe merge answers.jsonl --model gpt-5-mini --results results.jsonl > graded.jsonl",
      explains: "With the flags that build was given, since they make the custom_id",
    },
    {
      command:
        "bg-pipe merge answers.csv --model gpt-5-mini --results batch_1_output.jsonl --results batch_1_error.jsonl",
      explains: "Output and error files as the provider's own page gives them",
    },
    {
      command:
        "bg-pipe merge answers.csv --model gpt-5-mini --results 'results/*.jsonl.gz' --errors failed.csv -o graded.csv",
      explains: "Many files, in any order; rows without a result fail as missing_result",
    },
  ],
  afterSignal: "the output is not complete; run the same command again",
  run,
};

async function run(context: CommandContext): Promise<number> {
  refuseTerminalInput("merge", context);
  boundHeapGrowth();
  const { positionals, configuration, stdin, stdout, log, signal } = context;
  const { readPrices } = await import("../price-access.ts");
  const prices = await readPrices(configuration);
  const data = { prompts: await readPackageText("prompts.yaml"), models: await readPackageText("models.yaml") };
  const { mergeResults } = await import("../../pipelines/merge-results.ts");
  const settings = { ...configuration.values, inputs: positionals };
  const report = await mergeResults(settings, { stdin, stdout, log, signal, data, prices });
  await tell(context, report);
  return report.exitStatus;
}

async function tell({ configuration, stderr, log }: CommandContext, report: MergeReport): Promise<void> {
  const { formatMerge, isMismatch } = await import("../../report/merge.ts");
  const { strays } = report.results;
  if (strays > 0) log.warn(`${strays} lines of the result files are no results`);
  if (isMismatch(report)) {
    log.warn("no row asks what the files have results of: merge needs the rows and the flags that build was given");
  }
  const { quiet, logFormat } = configuration.values;
  if (!quiet && logFormat === "text") await writeText(stderr, formatMerge(report));
}
