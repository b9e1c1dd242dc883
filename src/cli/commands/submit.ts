import { optionsOf } from "../../config/options.ts";
import type { Command, CommandContext } from "../command.ts";
import { filterSettings } from "../filter-settings.ts";
import { boundHeapGrowth } from "../memory.ts";
import { runObserved } from "../observed-run.ts";
import { accessProvider } from "../provider-access.ts";
import { refuseTerminalInput } from "../terminal-input.ts";

/** Request lines to result lines. */
export const submit: Command = {
  name: "submit",
  summary: "Sends any Batch API input file through the ledger, and writes the provider's result lines",
  usage: "submit [FILE…] [flags]",
  options: optionsOf("submit"),
  examples: [
    {
      command: "bg-pipe build answers.jsonl --model gpt-5-mini | bg-pipe submit > results.jsonl",
      explains: "Cut into batches as the provider takes them; run it again after a stop and it goes on",
    },
    {
      command: "bg-pipe submit requests.jsonl -o output.jsonl --errors error.jsonl --on-error skip",
      explains: "Any file of requests, also another's; results in two files, as the provider gives them",
    },
    {
      command: "bg-pipe submit 'parts/*.jsonl' --max-cost 5 --detach -o results.jsonl",
      explains: "Asks for no more than 5 dollars, and leaves the batches to the next run of the same command",
    },
  ],
  afterSignal: "batches keep running at the provider; run the same command again to go on from here",
  run,
};

async function run(context: CommandContext): Promise<number> {
  refuseTerminalInput("submit", context);
  boundHeapGrowth();
  const access = await accessProvider(context);
  try {
    const address = access.baseUrl === undefined ? {} : { baseUrl: access.baseUrl };
    const settings = { ...filterSettings(context.configuration), ...address, inputs: context.positionals };
    const { submitRequests } = await import("../../pipelines/submit-requests.ts");
    return await runObserved(context, access, (host) => submitRequests(settings, host));
  } finally {
    await access.close();
  }
}
