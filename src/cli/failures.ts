import { BgPipeError, EXIT, LeftAtWorkError, messageOf, systemCodeOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { redact } from "../core/redact.ts";
import type { Host } from "./host.ts";
import { InterruptedError } from "./signals.ts";
import { writeText } from "./write-text.ts";

const REPORT_HINT =
  "This is a bug in bg-pipe: please report it, with what the same command says under --log-level debug.";

/** The end of a command that threw: tells the user on stderr, and finds the exit status. */
export class Failures {
  readonly #host: Host;
  #outputError: unknown;
  /** What is masked. Commands add to it. */
  readonly secrets = new Set<string>();
  /** Whether stack traces are shown. */
  showsStack = false;
  /** Where failures go as log lines, too. */
  record: Logger | undefined;
  /** Whether stderr is to hold log lines in JSON only. */
  isStderrJson = false;
  /** Whether an end that was expected is told. */
  isQuiet = false;
  /** Lets go of the log file. */
  closeLog: () => void = () => {};

  constructor(host: Host) {
    this.#host = host;
    const key = host.environment["OPENAI_API_KEY"]?.trim();
    if (key) this.secrets.add(key);
    // Without listeners, a reader that has gone ends the process with a stack trace.
    host.stdout.on("error", (error) => {
      this.#outputError = error;
    });
    host.stderr.on("error", () => {});
  }

  /** Tells what went wrong, unless that is clear: the reader has gone, or the user asked to stop. */
  async report(error: unknown): Promise<number> {
    if (error instanceof InterruptedError) return this.#record(error, error.exitStatus);
    if (error instanceof LeftAtWorkError && this.isQuiet) return this.#record(error, error.exitStatus);
    // Only stdout's own: a socket's EPIPE is no reason to be quiet.
    if (error === this.#outputError && systemCodeOf(error) === "EPIPE") return this.#record(error, EXIT.closedStdout);
    if (!(error instanceof BgPipeError)) return this.#tell(error, EXIT.bug, REPORT_HINT);
    if (error.exitStatus === EXIT.closedStdout) return this.#record(error, error.exitStatus);
    return this.#tell(error, error.exitStatus, error.hint);
  }

  /** What people know, the log has to say all the same. */
  #record(error: unknown, exitStatus: number): number {
    this.record?.warn(messageOf(error), { event: "command.ended", exit_status: exitStatus });
    return exitStatus;
  }

  async #tell(error: unknown, exitStatus: number, hint: string | undefined): Promise<number> {
    const message = messageOf(error);
    const stack = this.showsStack && error instanceof Error ? error.stack : undefined;
    const cause = error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : undefined;
    this.record?.error(message, { event: "command.ended", exit_status: exitStatus, hint, cause, stack });
    if (this.isStderrJson) return exitStatus;
    const lines = [
      `bg-pipe: ${message}`,
      ...(hint === undefined ? [] : [`  ${hint}`]),
      ...(stack === undefined ? [] : [stack]),
    ];
    // A closed stderr changes nothing about the end.
    await writeText(this.#host.stderr, `${redact(lines.join("\n"), this.secrets)}\n`).catch(() => {});
    return exitStatus;
  }
}
