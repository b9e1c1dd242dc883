import type { Readable, Writable } from "node:stream";
import type { Environment } from "../config/environment.ts";
import type { Layer } from "../config/layers.ts";
import type { Configuration } from "../config/load.ts";
import type { OptionName } from "../config/options.ts";
import type { Logger } from "../core/logger.ts";
import type { Screen, TerminalStream } from "./screen.ts";

/** What a command has to work with. */
export interface CommandContext {
  /** The arguments that are no flags, without the command's own name. */
  readonly positionals: readonly string[];
  readonly configuration: Configuration;
  /** The configuration with what a pipeline's file sets in it: over the files, below environment and flags. */
  reconfigure(pipeline: readonly Layer[]): Promise<Configuration>;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  /** Rows and what was asked for; nothing else. */
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: TerminalStream;
  /** What is written to stderr while a command runs goes through it. */
  readonly screen: Screen;
  /** Aborts at the first SIGINT, SIGTERM or SIGHUP, with a {@link BgPipeError} that carries the exit status. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** For what people see otherwise: log files and JSON logs only. */
  readonly record: Logger;
  readonly environment: Environment;
  readonly cwd: string;
  readonly home: string;
  /** What is masked in logs and error messages. A command that reads a key adds it here at once. */
  readonly secrets: Set<string>;
}

/** A line of the help's examples. */
export interface CommandExample {
  readonly command: string;
  readonly explains: string;
}

/**
 * One command. Its module is loaded for `--help` too, so it MUST import heavy things inside `run` only. `run`
 * returns the exit status, or throws a `BgPipeError` that carries one; it MUST NOT end the process.
 */
export interface Command {
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  /** What follows `bg-pipe`, such as `grade [INPUT…] [flags]`. */
  readonly usage: string;
  readonly options: readonly OptionName[];
  readonly examples: readonly CommandExample[];
  /** Words that may follow the command's name, for completion; files may where there are none. */
  readonly words?: readonly string[];
  /** False for a command that reads no configuration, and so works when that is broken. */
  readonly isConfigured?: false;
  /** Said at the first signal: how to go on. */
  readonly afterSignal?: string;
  run(context: CommandContext): Promise<number>;
}
