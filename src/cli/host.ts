import { type Environment, homeDirectory, processEnvironment } from "../config/environment.ts";
import type { CommandContext } from "./command.ts";

/** What the process gives a command line to work with. A test gives its own. */
export interface Host extends Pick<CommandContext, "stdin" | "stdout" | "stderr" | "cwd" | "home"> {
  readonly environment: Environment;
}

/** The process itself. */
export function processHost(): Host {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    environment: processEnvironment(),
    cwd: process.cwd(),
    home: homeDirectory(),
  };
}
