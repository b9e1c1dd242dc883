import { definitionOf, type OptionName } from "../../config/options.ts";
import type { Command } from "../command.ts";
import { hasPath, isSwitch } from "../flag-forms.ts";

/** A completion script for fish. */
export function fishCompletion(commands: readonly Command[]): string {
  const lines = [
    "# fish completion for bg-pipe",
    "complete -c bg-pipe -f",
    "complete -c bg-pipe -n __fish_use_subcommand -l help -s h -d 'Show help'",
    "complete -c bg-pipe -n __fish_use_subcommand -l version -s V -d 'Show the version'",
    ...commands.flatMap(commandLines),
  ];
  return `${lines.join("\n")}\n`;
}

function commandLines({ name, summary, options, words }: Command): string[] {
  const condition = `complete -c bg-pipe -n '__fish_seen_subcommand_from ${name}'`;
  const flags = options.filter((option) => !definitionOf(option).fileOnly);
  return [
    `complete -c bg-pipe -n __fish_use_subcommand -a ${name} -d ${quote(summary)}`,
    `${condition} ${words === undefined ? "-F" : `-a '${words.join(" ")}'`}`,
    ...flags.map((option) => `${condition} ${flagArguments(option)}`),
  ];
}

function flagArguments(name: OptionName): string {
  const { alias, choices, summary } = definitionOf(name);
  const short = alias === undefined ? "" : ` -s ${alias}`;
  const values = choices === undefined ? "" : ` -a '${choices.join(" ")}'`;
  const value = isSwitch(name) ? "" : hasPath(name) ? " -r -F" : ` -x${values}`;
  return `-l ${name}${short}${value} -d ${quote(summary)}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
