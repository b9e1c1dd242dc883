import type { Command, CommandContext } from "../command.ts";
import { helpText } from "../help.ts";
import { writeText } from "../write-text.ts";

/** Help on a command, or on all. */
export const help: Command = {
  name: "help",
  summary: "Shows help on a command",
  usage: "help [COMMAND]",
  options: [],
  examples: [{ command: "bg-pipe help grade", explains: "The same as bg-pipe grade --help" }],
  isConfigured: false,
  run,
};

async function run({ positionals, stdout }: CommandContext): Promise<number> {
  await writeText(stdout, await helpText(positionals[0], stdout.columns));
  return 0;
}
