import { EXIT, UsageError } from "../../core/errors.ts";
import { load, type Registry } from "../../core/registry.ts";
import type { Command, CommandContext } from "../command.ts";
import { writeText } from "../write-text.ts";

const shells = {
  bash: () => import("../completion/bash.ts").then((module) => module.bashCompletion),
  zsh: () => import("../completion/zsh.ts").then((module) => module.zshCompletion),
  fish: () => import("../completion/fish.ts").then((module) => module.fishCompletion),
} satisfies Registry<(commands: readonly Command[]) => string>;

/** Completion scripts for shells. */
export const completion: Command = {
  name: "completion",
  summary: "Prints a completion script for a shell",
  usage: "completion bash|zsh|fish",
  options: [],
  examples: [
    { command: 'eval "$(bg-pipe completion bash)"', explains: "In ~/.bashrc" },
    { command: 'eval "$(bg-pipe completion zsh)"', explains: "In ~/.zshrc, behind compinit" },
    { command: "bg-pipe completion fish > ~/.config/fish/completions/bg-pipe.fish", explains: "Once, for fish" },
  ],
  words: Object.keys(shells),
  isConfigured: false,
  run,
};

async function run({ positionals, stdout }: CommandContext): Promise<number> {
  const known = Object.keys(shells);
  const [shell] = positionals;
  if (shell === undefined || !known.includes(shell)) {
    throw new UsageError(`completion needs the name of a shell: ${known.join(", ")}`);
  }
  const { allCommands } = await import("../find-command.ts");
  const render = await load<(commands: readonly Command[]) => string>("shell", shells, shell);
  await writeText(stdout, render(await allCommands()));
  return EXIT.ok;
}
