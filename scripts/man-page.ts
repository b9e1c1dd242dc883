import type { Command } from "../src/cli/command.ts";
import { exitCodes } from "../src/cli/exit-codes.ts";
import { allCommands } from "../src/cli/find-command.ts";
import { flagForms } from "../src/cli/flag-forms.ts";
import { describeOption } from "../src/cli/help.ts";
import { definitionOf, type OptionName, optionNames } from "../src/config/options.ts";

/** The manual page bg-pipe(1), from the tables that the help is made of; in roff with the macros of man(7). */
export async function manPage(): Promise<string> {
  const commands = await allCommands();
  const lines = [
    '.\\" Written by scripts/write-reference.ts from the tables in src; change those.',
    '.TH BG-PIPE 1 "" "bg-pipe" "User Commands"',
    ".SH NAME",
    `bg\\-pipe \\- ${escapeText("rows of CSV, TSV, JSON or JSONL of any size through an LLM's Batch API")}`,
    ".SH SYNOPSIS",
    ".B bg\\-pipe",
    escapeText("<command> [INPUT…] [flags]"),
    ".SH DESCRIPTION",
    escapeText(DESCRIPTION),
    ".SH COMMANDS",
    ...commands.flatMap(commandLines),
    ".SH OPTIONS",
    escapeText("Every option is a flag, an environment variable and a key in YAML. Behind each is who takes it."),
    ...optionNames
      .filter((name) => definitionOf(name).fileOnly !== true)
      .flatMap((name) => optionLines(name, commands)),
    ".SH EXIT STATUS",
    ...exitCodes.flatMap(({ status, meaning }) => [".TP", `${status}`, escapeText(meaning)]),
    ".SH EXAMPLES",
    ...commands.flatMap(exampleLines),
  ];
  return `${lines.join("\n")}\n`;
}

const DESCRIPTION =
  "Rows come from files, patterns or standard input and go to standard output or a file, each with the model's answer. " +
  "A ledger on this disk keeps what was asked and answered: the same command again asks only for what is missing. " +
  "Standard output is rows only; all else goes to standard error.";

function commandLines({ usage, summary }: Command): readonly string[] {
  return [".TP", `.B ${escapeText(`bg-pipe ${usage}`)}`, escapeText(`${summary}.`)];
}

function optionLines(name: OptionName, commands: readonly Command[]): readonly string[] {
  const takers = commands.filter(({ options }) => options.includes(name)).map((command) => command.name);
  const users = takers.filter((command) => command !== "config").join(", ");
  const text = users === "" ? describeOption(name) : `${describeOption(name)} (${users})`;
  return [".TP", `.B ${escapeText(flagForms(name))}`, escapeText(text)];
}

function exampleLines({ examples }: Command): readonly string[] {
  return examples.flatMap(({ command, explains }) => [
    ".PP",
    `${escapeText(explains)}:`,
    ".PP",
    ".RS",
    ".nf",
    escapeText(command),
    ".fi",
    ".RE",
  ]);
}

/** A line that begins with a dot or an apostrophe would be a request, and a bare hyphen a typographic one. */
function escapeText(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^(?=[.'])/, "\\&");
}
