import { optionsOf } from "../../config/options.ts";
import { EXIT, UsageError } from "../../core/errors.ts";
import type { Command, CommandContext } from "../command.ts";
import { writeText } from "../write-text.ts";

const actions = ["print", "check", "init"] as const;

/** What the configuration is, whether it is right, and one to start from. */
export const config: Command = {
  name: "config",
  summary: "Prints the configuration with the origin of every value, checks it, or writes one to start from",
  usage: "config print|check|init [FILE…] [flags]",
  options: optionsOf("config"),
  examples: [
    { command: "bg-pipe config print", explains: "Every option's value, and where it came from" },
    { command: "bg-pipe config print --json | jq .model", explains: "The same for programs" },
    { command: "bg-pipe config check --config nightly.yaml", explains: "Names file, line and column of what is wrong" },
    { command: "bg-pipe config check pipeline.yaml", explains: "The same of pipelines and other configuration files" },
    { command: "bg-pipe config init", explains: "Writes ./bg-pipe.yaml with every option as a comment" },
  ],
  words: actions,
  run,
};

async function run(context: CommandContext): Promise<number> {
  const [action, ...rest] = context.positionals;
  const { configurationAsText, checkReport, starterConfiguration } = await import("../configuration-text.ts");
  const { configuration, stdout } = context;
  const { json: isJson } = configuration.values;
  if (action === "init") return writeStarter(context, rest[0] ?? "bg-pipe.yaml", starterConfiguration());
  if (action === "check" && rest.length > 0) return checkFiles(rest, context);
  if (rest.length > 0) throw new UsageError(`config ${action} takes no ${JSON.stringify(rest[0])}`);
  if (action === "print")
    await writeText(stdout, configurationAsText(configuration, { isJson, secrets: context.secrets }));
  else if (action === "check") await writeText(stdout, checkReport(configuration, { isJson }));
  else throw new UsageError("config needs to be told what to do", { hint: `bg-pipe config ${actions.join("|")}` });
  return EXIT.ok;
}

async function checkFiles(names: readonly string[], context: CommandContext): Promise<number> {
  const { checkFile } = await import("../pipeline/check-file.ts");
  for (const name of names) await writeText(context.stdout, `ok: ${name}, ${await checkFile(name, context)}\n`);
  return EXIT.ok;
}

async function writeStarter({ cwd, stderr }: CommandContext, name: string, text: string): Promise<number> {
  const { createTextFile } = await import("../create-text-file.ts");
  await createTextFile(name, { cwd, text });
  await writeText(stderr, `bg-pipe: wrote ${name}\n`);
  return EXIT.ok;
}
