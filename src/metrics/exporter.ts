import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";

/** One way by which metrics leave the process time and again. */
export interface MetricsSink {
  /** What a failure is called, as `metrics.push_failed`. */
  readonly failure: string;
  /** @throws {Error} when it fails this time */
  send(): Promise<void>;
}

export interface ExporterOptions {
  readonly sink: MetricsSink;
  readonly everyMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Sends the metrics at once, every so often, and at the end. A failure is told, once until it works again. */
export class Exporter {
  readonly #options: ExporterOptions;
  readonly #stop = new AbortController();
  readonly #work: Promise<void>;
  #isFailing = false;

  constructor(options: ExporterOptions) {
    this.#options = options;
    this.#work = this.#run();
  }

  /** Sends what is so at the end. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#work;
    await this.#send();
  }

  async #run(): Promise<void> {
    const { clock, everyMs } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#send();
      await clock.sleep(everyMs, signal).catch(() => {});
    }
  }

  async #send(): Promise<void> {
    const { sink, log } = this.#options;
    try {
      await sink.send();
      this.#isFailing = false;
    } catch (error) {
      const say = this.#isFailing ? log.debug : log.warn;
      say.call(log, sink.failure, { error: reasonOf(error) });
      this.#isFailing = true;
    }
  }
}

/** `fetch` says what went wrong in its error's cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return `${messageOf(error)}${cause}`;
}
