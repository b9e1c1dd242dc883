import { EXIT } from "../core/errors.ts";

/** What an exit status means. */
export interface ExitCode {
  readonly status: number;
  readonly meaning: string;
}

/** Every exit status there is, in order: for the help, and docs/exit-codes.md. */
export const exitCodes: readonly ExitCode[] = [
  { status: EXIT.ok, meaning: "all rows answered" },
  { status: EXIT.rowsFailed, meaning: "finished, but some rows failed" },
  { status: EXIT.usage, meaning: "the command line is wrong" },
  { status: EXIT.badInput, meaning: "the input is not what its format says" },
  { status: EXIT.inputMissing, meaning: "an input is missing or may not be read" },
  { status: EXIT.providerUnreachable, meaning: "the provider cannot be reached" },
  { status: EXIT.bug, meaning: "a bug in bg-pipe; please report it" },
  { status: EXIT.cannotCreate, meaning: "an output file cannot be made" },
  { status: EXIT.cannotWrite, meaning: "an output cannot be written" },
  { status: EXIT.unfinished, meaning: "not finished: run the same command again to go on" },
  { status: EXIT.stopped, meaning: "stopped by a budget or token limit" },
  { status: EXIT.keyRefused, meaning: "there is no API key, or the provider refused it" },
  { status: EXIT.configuration, meaning: "the configuration is wrong" },
  { status: 129, meaning: "stopped by SIGHUP (the terminal was closed)" },
  { status: EXIT.sigint, meaning: "stopped by SIGINT (Ctrl-C)" },
  { status: EXIT.closedStdout, meaning: "stdout was closed before all was written (| head)" },
  { status: EXIT.sigterm, meaning: "stopped by SIGTERM" },
];
