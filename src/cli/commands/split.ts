import { optionsOf } from "../../config/options.ts";
import { readPackageText } from "../../config/package-data.ts";
import { systemClock } from "../../core/clock.ts";
import { EXIT } from "../../core/errors.ts";
import type { Command, CommandContext } from "../command.ts";
import { boundHeapGrowth } from "../memory.ts";
import { printReport } from "../print-report.ts";
import { refuseTerminalInput } from "../terminal-input.ts";

/** Files in parts. */
export const split: Command = {
  name: "split",
  summary: "Writes the input in parts by rows, bytes, tokens or number; makes no request",
  usage: "split [INPUT…] [flags]",
  options: optionsOf("split"),
  examples: [
    {
      command: "bg-pipe split answers.jsonl --chunk-rows 50k",
      explains: "answers.part-0001.jsonl and so on, of 50,000 rows each",
    },
    {
      command: "bg-pipe split answers.csv --chunk-tokens 2M --model gpt-5-mini --prompt grading.yaml",
      explains: "By the input tokens of the requests that grade would make; every part has the header",
    },
    {
      command: "zcat answers.jsonl.gz | bg-pipe split --chunk-count 8 --output-dir parts",
      explains: "Eight parts of equally many rows: parts/stdin.part-0001.jsonl and so on",
    },
    {
      command: "bg-pipe split answers.jsonl --chunk-bytes 100MB --json | jq -r '.files[].parts[].path'",
      explains: "The names of the parts, for programs",
    },
  ],
  afterSignal: "no part is kept; run the same command again",
  run,
};

async function run(context: CommandContext): Promise<number> {
  refuseTerminalInput("split", context);
  boundHeapGrowth();
  const { positionals, configuration, stdin, log, signal } = context;
  const data = { prompts: await readPackageText("prompts.yaml"), models: await readPackageText("models.yaml") };
  const { split: splitInputs } = await import("../../pipelines/split.ts");
  const { formatSplit } = await import("../../report/split.ts");
  const settings = { ...configuration.values, inputs: positionals };
  const report = await splitInputs(settings, { stdin, log, clock: systemClock, signal, data });
  await printReport(context, report, formatSplit);
  return EXIT.ok;
}
