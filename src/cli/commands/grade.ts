import { optionsOf } from "../../config/options.ts";
import type { Command, CommandContext } from "../command.ts";
import { boundHeapGrowth } from "../memory.ts";
import { runObserved } from "../observed-run.ts";
import { accessProvider } from "../provider-access.ts";
import { refuseTerminalInput } from "../terminal-input.ts";

/** The whole pipeline over rows. */
export const grade: Command = {
  name: "grade",
  summary: "Sends every row through a model, by the Batch API or live, and adds the answer to the row",
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
    {
      command: "bg-pipe grade answers.csv --model gpt-5-mini --dry-run --show 3 | jq .messages",
      explains: "Prints the bodies of the first three requests",
    },
  ],
  afterSignal:
    "batches keep running at the provider and answers are kept; run the same command again to go on from here",
  run,
};

async function run(context: CommandContext): Promise<number> {
  refuseTerminalInput("grade", context);
  boundHeapGrowth();
  const { values } = context.configuration;
  const access = await accessProvider(context);
  try {
    const address = access.baseUrl === undefined ? {} : { baseUrl: access.baseUrl };
    const escalate = values.escalate.flatMap((models) => models.split(","));
    const judge = values.judge.flatMap((models) => models.split(","));
    const settings = { ...values, ...address, escalate, judge, inputs: context.positionals };
    const { grade: gradeRows } = await import("../../pipelines/grade.ts");
    return await runObserved(context, access, (host) => gradeRows(settings, host));
  } finally {
    await access.close();
  }
}
