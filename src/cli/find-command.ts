import { didYouMean } from "../config/options.ts";
import { UsageError } from "../core/errors.ts";
import { load } from "../core/registry.ts";
import type { Command } from "./command.ts";
import { commands } from "./commands/index.ts";

/**
 * The command of that name.
 *
 * @throws {UsageError} when there is none such, naming the nearest
 */
export async function findCommand(name: string | undefined): Promise<Command> {
  const known = Object.keys(commands);
  if (name === undefined) throw new UsageError("no command is given", { hint: `Known: ${known.join(", ")}.` });
  if (known.includes(name)) return load<Command>("command", commands, name);
  const hint = `${didYouMean(name, known)}Known: ${known.join(", ")}.`;
  throw new UsageError(`there is no command ${JSON.stringify(name)}`, { hint });
}

/** All commands, in the order of their registry. */
export function allCommands(): Promise<Command[]> {
  return Promise.all(Object.values(commands).map((loadCommand) => loadCommand()));
}
