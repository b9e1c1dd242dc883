import type { LogFields, Logger } from "../core/logger.ts";
import { formatJsonLine, formatTextLine } from "./log-lines.ts";

/** Weights as pino numbers them, so that its tools read our lines. */
export const LEVELS = { debug: 20, info: 30, warn: 40, error: 50 } as const;
export type LogLevel = keyof typeof LEVELS;

/** How to log. */
export interface LogOptions {
  /** What weighs less is dropped. */
  readonly level: LogLevel;
  readonly format: "text" | "json";
  /** Drops what weighs less than a warning, whatever the level. */
  readonly isQuiet: boolean;
  /** Takes a line, with its newline. */
  readonly write: (line: string) => void;
  /** Stands in every line of JSON, such as `pid` and `hostname`. */
  readonly base?: LogFields;
  /** Masks the secrets in a line. */
  readonly redact: (text: string) => string;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
}

/**
 * A logger that writes lines: for people, or as JSON with pino's names (`level` as a number, `time` in
 * milliseconds, `msg`, then the fields). A message that is the name of an event is in `event`, too; one that is a
 * sentence brings the name of its event as that field, which people are spared.
 */
export function createLogger(options: LogOptions): Logger {
  return new LineLogger(options);
}

/** A logger that hands everything to some others. */
export function teeLogger(loggers: readonly Logger[]): Logger {
  const say = (level: LogLevel) => (message: string, fields?: LogFields) => {
    for (const logger of loggers) logger[level](message, fields);
  };
  return { debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error") };
}

class LineLogger implements Logger {
  readonly #options: LogOptions;
  readonly #least: number;

  constructor(options: LogOptions) {
    this.#options = options;
    this.#least = Math.max(LEVELS[options.level], options.isQuiet ? LEVELS.warn : 0);
  }

  debug(message: string, fields?: LogFields): void {
    this.#log("debug", message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#log("info", message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#log("warn", message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#log("error", message, fields);
  }

  #log(level: LogLevel, message: string, fields: LogFields = {}): void {
    if (LEVELS[level] < this.#least) return;
    const { format, now, redact, write, base } = this.#options;
    const line =
      format === "json"
        ? formatJsonLine({ level: LEVELS[level], time: now(), base, message, fields })
        : formatTextLine(level, message, fields);
    write(`${redact(line)}\n`);
  }
}
