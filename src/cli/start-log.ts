import { hostname } from "node:os";
import type { Configuration } from "../config/load.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { redact } from "../core/redact.ts";
import { createLogger, type LogOptions, teeLogger } from "../report/log.ts";
import type { Screen } from "./screen.ts";

/** The logs of a command. */
export interface CommandLog {
  /** For whatever happens. */
  readonly log: Logger;
  /** For what people see otherwise, and only programs and log files have to be told: how a command began and ended. */
  readonly record: Logger;
  close(): void;
}

/**
 * Starts to log as the options say: to stderr, and as JSON lines into a file.
 *
 * @param secrets Masked wherever they stand; may grow.
 * @throws {OutputError} when the log file cannot be opened
 */
export async function startLog(
  { values }: Configuration,
  screen: Screen,
  secrets: ReadonlySet<string>,
): Promise<CommandLog> {
  const { logLevel: level, logFormat: format, quiet: isQuiet, logFile: path } = values;
  const base = { pid: process.pid, hostname: hostname() };
  const common = { level, base, redact: (text: string) => redact(text, secrets), now: Date.now };
  const stderr = createLogger({ ...common, format, isQuiet, write: (line) => screen.write(line) });
  const ofStderr = format === "json" ? [stderr] : [];
  if (path === undefined) return { log: stderr, record: teeLogger(ofStderr), close: () => {} };
  const { RotatingFile } = await import("../io/rotating-file.ts");
  const file = new RotatingFile(path, { maxBytes: values.logFileSize, kept: values.logFileCount });
  const write = writer(file, path, stderr);
  const filed = createLogger({ ...common, format: "json", isQuiet: false, write });
  return {
    log: teeLogger([stderr, filed]),
    record: teeLogger([...ofStderr, filed]),
    close: () => file.close(),
  };
}

/** A log file that cannot be written must not end what it is the log of. */
function writer(file: { append(text: string): void }, path: string, stderr: Logger): LogOptions["write"] {
  let isTold = false;
  return (line) => {
    try {
      file.append(line);
    } catch (error) {
      if (!isTold) stderr.warn("log.write_failed", { path, error: messageOf(error) });
      isTold = true;
    }
  };
}
