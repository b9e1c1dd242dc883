import { UsageError } from "../core/errors.ts";
import type { CommandContext } from "./command.ts";

/**
 * Refuses to read from a terminal unasked: someone who forgot the input would wait for ever.
 *
 * @throws {UsageError} when no input is named, and stdin is a terminal
 */
export function refuseTerminalInput(command: string, { positionals, stdin }: CommandContext): void {
  if (positionals.length > 0 || stdin.isTTY !== true) return;
  throw new UsageError("there is no input: nothing is piped in, and no file is named", {
    hint: `Try: bg-pipe ${command} rows.jsonl, or: cat rows.jsonl | bg-pipe ${command}. Use - to type rows in.`,
  });
}
