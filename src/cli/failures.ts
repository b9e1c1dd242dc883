import { BgPipeError, EXIT, messageOf, systemCodeOf } from "../core/errors.ts";
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
  /** Where failures go as log lines, when stderr is to hold JSON only. */
  log: Logger | undefined;

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
    if (error instanceof InterruptedError) return error.exitStatus;
    // Only stdout's own: a socket's EPIPE is no reason to be quiet.
    if (error === this.#outputError && systemCodeOf(error) === "EPIPE") return EXIT.closedStdout;
    if (!(error instanceof BgPipeError)) return this.#tell(error, EXIT.bug, REPORT_HINT);
    return error.exitStatus === EXIT.closedStdout ? error.exitStatus : this.#tell(error, error.exitStatus, error.hint);
  }

  async #tell(error: unknown, exitStatus: number, hint: string | undefined): Promise<number> {
    const message = messageOf(error);
    const stack = this.showsStack && error instanceof Error ? error.stack : undefined;
    if (this.log !== undefined) {
      this.log.error(message, { exit_status: exitStatus, hint, stack });
      return exitStatus;
    }
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
