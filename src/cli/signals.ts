import { constants } from "node:os";
import { BgPipeError } from "../core/errors.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
type StopSignal = (typeof SIGNALS)[number];

/** The reason a run's signal aborts with: the user, or the system, told the process to stop. */
export class InterruptedError extends BgPipeError {
  readonly signalName: StopSignal;

  /** Exit status by the shells' rule: 128 and the signal's number. */
  constructor(signalName: StopSignal) {
    super("interrupted", 128 + constants.signals[signalName], `stopped by ${signalName}`);
    this.signalName = signalName;
  }
}

/** Listens for signals until closed. */
export class SignalListener {
  readonly #controller = new AbortController();
  readonly #say: (message: string) => void;
  readonly #afterSignal: string | undefined;

  /**
   * @param say Tells the user, on stderr.
   * @param afterSignal How the user goes on after the stop.
   */
  constructor(say: (message: string) => void, afterSignal?: string) {
    this.#say = say;
    this.#afterSignal = afterSignal;
    for (const name of SIGNALS) process.on(name, this.#onSignal);
  }

  /** Aborts at the first signal, with an {@link InterruptedError}. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Gives signals their default meaning back. */
  close(): void {
    for (const name of SIGNALS) process.off(name, this.#onSignal);
  }

  /** The first asks to stop; the second ends the process as if nobody had listened. */
  readonly #onSignal = (name: StopSignal): void => {
    if (this.signal.aborted) {
      this.close();
      process.kill(process.pid, name);
      return;
    }
    this.#controller.abort(new InterruptedError(name));
    const how = this.#afterSignal === undefined ? "" : ` (${this.#afterSignal})`;
    this.#say(`${name}: stopping${how}; once more to leave at once`);
  };
}
