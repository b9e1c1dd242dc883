import { optionsOf } from "../../config/options.ts";
import { EXIT } from "../../core/errors.ts";
import type { Command, CommandContext } from "../command.ts";
import { filterSettings } from "../filter-settings.ts";
import { boundHeapGrowth } from "../memory.ts";
import { refuseTerminalInput } from "../terminal-input.ts";
import { warnOfRows } from "../warn-of-rows.ts";
import { writeText } from "../write-text.ts";

/** Rows from one format to another. */
export const convert: Command = {
  name: "convert",
  summary: "Writes rows in another format, with their values as they are spelled; makes no request",
  usage: "convert [INPUT…] [flags]",
  options: optionsOf("convert"),
  examples: [
    {
      command: "bg-pipe convert answers.csv -o answers.jsonl",
      explains: "Each record an object of texts, in the order of the columns",
    },
    {
      command: "zcat answers.jsonl.gz | bg-pipe convert --output-format csv > answers.csv",
      explains: "The columns are the fields of the first row",
    },
    {
      command: "bg-pipe convert 'data/*.json' --errors unread.jsonl -o all.jsonl",
      explains: "Many files to one; records that cannot be read are set apart",
    },
  ],
  afterSignal: "the output is not complete; run the same command again",
  run,
};

async function run(context: CommandContext): Promise<number> {
  refuseTerminalInput("convert", context);
  boundHeapGrowth();
  const { positionals, configuration, stdin, stdout, stderr, log, signal } = context;
  const { convertRows } = await import("../../pipelines/convert-rows.ts");
  const { formatConvert } = await import("../../report/convert.ts");
  const report = await convertRows(
    { ...filterSettings(configuration), inputs: positionals },
    { stdin, stdout, signal },
  );
  warnOfRows(log, report.failed);
  const { quiet, logFormat } = configuration.values;
  if (!quiet && logFormat === "text") await writeText(stderr, formatConvert(report));
  return report.failed.byCode.size === 0 ? EXIT.ok : EXIT.rowsFailed;
}
