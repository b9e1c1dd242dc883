/** Values that go with a log line. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where stages say what happens. Never stdout. Library users may pass their own. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

const nothing = () => {};

/** A logger for those who do not listen. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
