import { optionsOf } from "../../config/options.ts";
import { readPackageText } from "../../config/package-data.ts";
import { EXIT, UsageError } from "../../core/errors.ts";
import type { Command, CommandContext } from "../command.ts";
import { printReport } from "../print-report.ts";

/** What prompts there are. */
export const prompts: Command = {
  name: "prompts",
  summary: "Lists the prompts that have a name, or shows one in full",
  usage: "prompts [show NAME|FILE] [flags]",
  options: optionsOf("prompts"),
  examples: [
    { command: "bg-pipe prompts", explains: "Those of the package and of your configuration, a line each" },
    { command: "bg-pipe prompts show correctness", explains: "What it says, its examples, and the answer's schema" },
    { command: "bg-pipe prompts show ./mine.yaml --json | jq .schema", explains: "The schema that a rubric makes" },
  ],
  words: ["show"],
  run,
};

async function run(context: CommandContext): Promise<number> {
  const [action, name, ...rest] = context.positionals;
  if (action !== undefined && (action !== "show" || name === undefined || rest.length > 0)) {
    throw new UsageError(`prompts does not know what to do with ${JSON.stringify(context.positionals.join(" "))}`, {
      hint: "bg-pipe prompts lists them, bg-pipe prompts show NAME shows one.",
    });
  }
  const { listPrompts, showPrompt } = await import("../../pipelines/show-prompts.ts");
  const { formatPrompt, formatPromptList } = await import("../../report/prompts.ts");
  const { values, origins } = context.configuration;
  const packaged = await readPackageText("prompts.yaml");
  const sources = { packaged, configured: values.prompts, origin: origins.prompts ?? "configuration" };
  if (name !== undefined) {
    await printReport(context, await showPrompt(name, sources), formatPrompt);
    return EXIT.ok;
  }
  const listed = await listPrompts(sources);
  await printReport(context, listed, formatPromptList);
  return listed.every(({ problem }) => problem === null) ? EXIT.ok : EXIT.configuration;
}
