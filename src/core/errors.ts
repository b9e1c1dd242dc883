/**
 * The catalogue of errors. An error carries a stable `code`, a message that names the file, line, row or batch,
 * a `hint` at the way out, and the exit status the command line ends with (the table in docs/exit-codes.md).
 */

import type { Failure, Position } from "./records.ts";

/** Exit statuses, after sysexits.h where it has a word for it. */
export const EXIT = {
  ok: 0,
  rowsFailed: 1,
  usage: 64,
  badInput: 65,
  inputMissing: 66,
  providerUnreachable: 69,
  bug: 70,
  cannotCreate: 73,
  cannotWrite: 74,
  unfinished: 75,
  stopped: 76,
  keyRefused: 77,
  configuration: 78,
  sigint: 130,
  closedStdout: 141,
  sigterm: 143,
} as const;

export interface ErrorDetails {
  /** What the user can do about it, as a sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Base of all errors bg-pipe throws on purpose. Anything else that escapes is a bug (exit 70). */
export class BgPipeError extends Error {
  readonly code: string;
  readonly exitStatus: number;
  readonly hint: string | undefined;

  constructor(code: string, exitStatus: number, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.exitStatus = exitStatus;
    this.hint = details.hint;
  }
}

/** The command line cannot be understood. */
export class UsageError extends BgPipeError {
  constructor(message: string, details?: ErrorDetails) {
    super("usage", EXIT.usage, message, details);
  }
}

/** The input as a whole cannot be read as its format (a single bad record is a failed row, not this). */
export class InputDataError extends BgPipeError {
  constructor(message: string, details?: ErrorDetails) {
    super("bad_input", EXIT.badInput, message, details);
  }
}

/** An input file does not exist or may not be read. */
export class InputMissingError extends BgPipeError {
  constructor(message: string, details?: ErrorDetails) {
    super("input_missing", EXIT.inputMissing, message, details);
  }
}

/** The provider did not answer, or answered with something that is not its protocol. */
export class ProviderUnreachableError extends BgPipeError {
  constructor(message: string, details?: ErrorDetails) {
    super("provider_unreachable", EXIT.providerUnreachable, message, details);
  }
}

/** An output or state file cannot be made (`cannotCreate`) or written (`cannotWrite`). */
export class OutputError extends BgPipeError {
  constructor(kind: "cannotCreate" | "cannotWrite", message: string, details?: ErrorDetails) {
    super(kind === "cannotCreate" ? "cannot_create" : "cannot_write", EXIT[kind], message, details);
  }
}

/** Work is in flight or paused; the same command goes on from here. */
export class UnfinishedError extends BgPipeError {
  constructor(message: string, details?: ErrorDetails) {
    super("unfinished", EXIT.unfinished, message, details);
  }
}

/** Work is in flight, and the user has asked not to wait for it: the end that was expected. */
export class LeftAtWorkError extends UnfinishedError {}

/** There is no API key, or the provider refused it. */
export class KeyRefusedError extends BgPipeError {
  constructor(message: string, details?: ErrorDetails) {
    super("key_refused", EXIT.keyRefused, message, details);
  }
}

/** A configuration value, prompt, schema or data table is wrong. */
export class ConfigurationError extends BgPipeError {
  constructor(message: string, details?: ErrorDetails) {
    super("configuration", EXIT.configuration, message, details);
  }
}

/** A failed row ended the run, as `--on-error halt` or `--halt-on` asks. */
export class HaltError extends BgPipeError {
  constructor({ file, line }: Position, { code, message }: Failure) {
    const exitStatus = code === "bad_input" ? EXIT.badInput : EXIT.rowsFailed;
    const place = `${file}:${line}:`;
    // The message of a bad record names its place, and the column, itself.
    super("halted", exitStatus, message.startsWith(place) ? message : `${place} ${code}: ${message}`, {
      hint: "Mend the row, or have failed rows kept (--on-error, --halt-on), and run the same command again; batches in flight go on.",
    });
  }
}

/** An invariant of bg-pipe itself did not hold. */
export class InternalError extends BgPipeError {
  constructor(message: string, details?: ErrorDetails) {
    super("bug", EXIT.bug, message, {
      hint: "This is a bug in bg-pipe. Nothing that was paid for is lost: it is in the ledger.",
      ...details,
    });
  }
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a Node system error (`ENOENT`, `ENOSPC`, …), if it has one. */
export function systemCodeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
