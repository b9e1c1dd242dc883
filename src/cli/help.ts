import { OPTION_GROUPS } from "../config/option-definition.ts";
import { definitionOf, environmentNames, type OptionName } from "../config/options.ts";
import type { Command } from "./command.ts";
import { exitCodes } from "./exit-codes.ts";
import { allCommands, findCommand } from "./find-command.ts";
import { flagForms } from "./flag-forms.ts";
import { table, wrap } from "./text-layout.ts";

const INDENT = "  ";
const WIDTHS = { narrowest: 40, usual: 80, widest: 120 };

/**
 * The help on a command, or on all of them, from the tables of options, commands and exit codes.
 *
 * @param columns Width of the terminal.
 * @throws {UsageError} when there is no such command
 */
export async function helpText(command: string | undefined, columns?: number): Promise<string> {
  const width = Math.min(Math.max(columns ?? WIDTHS.usual, WIDTHS.narrowest), WIDTHS.widest);
  const sections = command === undefined ? await overview(width) : commandHelp(await findCommand(command), width);
  return `${sections.join("\n\n")}\n`;
}

async function overview(width: number): Promise<string[]> {
  const rows = (await allCommands()).map(({ name, summary }) => [name, summary] as const);
  return [
    "Usage: bg-pipe <command> [INPUT…] [flags]",
    wrap("Takes CSV, TSV, JSON or JSONL of any size through an LLM's Batch API: billed once, in flat memory.", width),
    section("Commands", table(rows, width, INDENT)),
    section(
      "Anywhere",
      table(
        [
          ["-h, --help", "Show help"],
          ["-V, --version", "Show the version"],
        ],
        width,
        INDENT,
      ),
    ),
    wrap(
      "bg-pipe <command> --help shows a command's flags and examples. bg-pipe config print shows every option's value and where it came from.",
      width,
    ),
    exitCodeSection(width),
  ];
}

function commandHelp(command: Command, width: number): string[] {
  return [
    `Usage: bg-pipe ${command.usage}`,
    wrap(`${command.summary}.`, width),
    ...optionSections(command.options, width),
    ...(command.examples.length === 0 ? [] : [examplesSection(command, width)]),
    exitCodeSection(width),
  ];
}

function optionSections(names: readonly OptionName[], width: number): string[] {
  return Object.entries(OPTION_GROUPS).flatMap(([group, title]) => {
    const members = names.filter((name) => definitionOf(name).group === group && !definitionOf(name).fileOnly);
    const rows = members.map((name) => [flagForms(name), describeOption(name)] as const);
    return rows.length === 0 ? [] : [section(title, table(rows, width, INDENT))];
  });
}

/** Summary, choices, default and environment of an option, as the help tells them. */
export function describeOption(name: OptionName): string {
  const { summary, type, choices = [], default: value, defaultText } = definitionOf(name);
  const notes = [
    ...(type === "enum" ? [choices.join(", ")] : []),
    ...(value === undefined || value === false ? [] : [`default: ${value}`]),
    ...(defaultText === undefined ? [] : [`default: ${defaultText}`]),
    `env: ${environmentNames(name).join(", ")}`,
  ];
  return `${summary} [${notes.join("; ")}]`;
}

function examplesSection({ examples }: Command, width: number): string {
  const lines = examples.map(({ command, explains }) => `${wrap(explains, width, `${INDENT}# `)}\n${INDENT}${command}`);
  return section("Examples", lines.join("\n\n"));
}

function exitCodeSection(width: number): string {
  return section(
    "Exit codes",
    table(
      exitCodes.map(({ status, meaning }) => [`${status}`, meaning] as const),
      width,
      INDENT,
    ),
  );
}

function section(title: string, body: string): string {
  return `${title}:\n${body}`;
}
