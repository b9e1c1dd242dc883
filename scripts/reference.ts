import { commands } from "../src/cli/commands/index.ts";
import { exitCodes } from "../src/cli/exit-codes.ts";
import { allCommands } from "../src/cli/find-command.ts";
import { flagForms } from "../src/cli/flag-forms.ts";
import { helpText } from "../src/cli/help.ts";
import { OPTION_GROUPS } from "../src/config/option-definition.ts";
import { definitionOf, environmentNames, type OptionName, optionNames } from "../src/config/options.ts";

const GENERATED = "<!-- Written by scripts/write-reference.ts from the tables in src; change those. -->";

/** Every generated page of docs/, by its path in the repository. */
export const references: Readonly<Record<string, () => string | Promise<string>>> = {
  "docs/exit-codes.md": exitCodesPage,
  "docs/configuration.md": configurationPage,
  "docs/commands/README.md": commandsPage,
  ...Object.fromEntries(Object.keys(commands).map((name) => [`docs/commands/${name}.md`, () => commandPage(name)])),
};

async function commandsPage(): Promise<string> {
  const rows = (await allCommands()).map(({ name, summary }) => `| [${name}](${name}.md) | ${escapeCell(summary)} |`);
  return `# Commands

${GENERATED}

| command | does |
|---|---|
${rows.join("\n")}

Exit codes are the same for all: [exit-codes.md](../exit-codes.md). So are the ways to set an option:
[configuration.md](../configuration.md).
`;
}

/** What else there is to read about a command, by its page in docs/. */
const GUIDES: Readonly<Record<string, readonly string[]>> = {
  grade: ["prompts.md", "answers.md", "judges.md", "failures.md", "live.md", "costs.md", "metrics.md"],
  build: ["filters.md"],
  submit: ["filters.md"],
  merge: ["filters.md"],
  convert: ["filters.md"],
  run: ["pipelines.md", "failures.md"],
  test: ["pipelines.md"],
  count: ["counting.md"],
  split: ["splitting.md"],
  status: ["ledger.md", "failures.md"],
  cancel: ["ledger.md", "failures.md"],
  gc: ["ledger.md"],
  costs: ["costs.md"],
  report: ["report.md"],
  prompts: ["prompts.md"],
  prices: ["costs.md"],
  emulate: ["emulator.md"],
  config: ["configuration.md"],
};

/** The text of a command's help, which has the examples too. */
async function commandPage(name: string): Promise<string> {
  const guides = (GUIDES[name] ?? []).map((page) => `[${page}](../${page})`);
  const more = guides.length === 0 ? "" : `\nMore: ${guides.join(", ")}.\n`;
  return `# bg-pipe ${name}\n\n${GENERATED}\n\n\`\`\`text\n${withoutExitCodes(await helpText(name))}\n\`\`\`\n${more}`;
}

function withoutExitCodes(help: string): string {
  return help.slice(0, help.lastIndexOf("\n\nExit codes:\n"));
}

function exitCodesPage(): string {
  const rows = exitCodes.map(({ status, meaning }) => `| ${status} | ${escapeCell(meaning)} |`);
  return `# Exit codes

${GENERATED}

| status | meaning |
|---|---|
${rows.join("\n")}

From 64 on they follow \`sysexits.h\` where it has a word for it, and above 128 the shells' rule for signals.
In a script or a cron job, 75 means: run the same command again, and nothing is paid for twice.
`;
}

function configurationPage(): string {
  const groups = Object.entries(OPTION_GROUPS).map(([group, title]) => {
    const rows = optionNames.filter((name) => definitionOf(name).group === group).map(optionRow);
    return `### ${title}\n\n| flag, key | environment | default | what it is |\n|---|---|---|---|\n${rows.join("\n")}`;
  });
  return `# Configuration

${GENERATED}

Every option is a flag, an environment variable and a YAML key at once. \`bg-pipe config print\` shows the value of
each and where it came from; \`bg-pipe config check\` names file, line and column of what is wrong; and
\`bg-pipe config init\` writes a file to start from.

## Where a value comes from

The later wins:

1. the defaults below,
2. \`config/defaults.yaml\` in the package,
3. your own file, \`$XDG_CONFIG_HOME/bg-pipe/config.yaml\` (\`~/.config/bg-pipe/config.yaml\`),
4. the project's file: \`./bg-pipe.yaml\`, or the one that \`--config\` names, which then has to be there,
5. environment variables; one set to the empty text counts as not set,
6. flags; of a flag given twice the last counts.

With \`bg-pipe run\` the pipeline's file stands between 4 and 5: its \`options\`, and over them those of each step
([pipelines.md](pipelines.md)).

The maps \`param\`, \`prompts\`, \`models\`, \`prices\` and \`fault\` are merged over these layers at all depths; all other values replace.

## How values are written

- Sizes and counts may have a unit: \`50k\`, \`200MB\` (powers of 1000), \`10MiB\` (powers of 1024).
- Times are seconds, \`0.5\`, or have a unit: \`500ms\`, \`30s\`, \`5m\`, \`2h\`, \`1d\`.
- A switch is turned off with \`--no-…\`; in the environment it is \`true\` or \`false\`, \`1\` or \`0\`.
- \`--param\` takes \`KEY=JSON\`, and may be repeated: \`--param top_p=0.5 --param 'service_tier="flex"'\`. In the
  environment it is one JSON object.
- A value that begins with a dash is written \`--system=-…\`. \`--\` ends the flags, and \`-\` as an input is stdin.
- A path in a YAML file counts from that file's folder, and may begin with \`~/\`.
- YAML is version 1.2: \`no\` is a text, and what has to be a text but looks like a number needs quotes.
  \`\${VARIABLES}\` are not replaced.

## The API key

No flag takes the key itself, since everybody on the machine can read a command line. The first of these that is
set counts: \`--api-key-file\` (also \`BG_PIPE_API_KEY_FILE\`), \`api-key\` in a YAML file, \`OPENAI_API_KEY\`.
In YAML it is a reference:

\`\`\`yaml
api-key: { file: ~/.config/bg-pipe/key }
\`\`\`

\`\`\`yaml
api-key: { env: MY_OPENAI_KEY }
\`\`\`

A \`./bg-pipe.yaml\` may have come with someone's data. When it names a \`base-url\` on another machine, bg-pipe says
that your key goes there; name the file with \`--config\` to say that you mean it.

## Options

${groups.join("\n\n")}
`;
}

function optionRow(name: OptionName): string {
  const { choices, default: value, defaultText, fileOnly, flagOnly, summary, type } = definitionOf(name);
  const written = fileOnly ? `\`${name}:\` (YAML only)` : `\`${flagForms(name)}\`${flagOnly ? " (not in YAML)" : ""}`;
  const variables = environmentNames(name).map((variable) => `\`${variable}\``);
  const fallback = value === undefined ? (defaultText ?? "") : `\`${value}\``;
  const legal = type === "enum" && choices ? `: ${choices.map((choice) => `\`${choice}\``).join(", ")}` : "";
  return `| ${[written, variables.join(", "), fallback, summary + legal].map(escapeCell).join(" | ")} |`;
}

function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|");
}
