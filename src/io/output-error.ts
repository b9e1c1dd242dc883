import { BgPipeError, EXIT, messageOf, OutputError, systemCodeOf } from "../core/errors.ts";

/** The reader of our output went away (`| head`). Not a failure: the run ends quietly, keeping what it has. */
export class ClosedOutputError extends BgPipeError {
  constructor(name: string, cause?: unknown) {
    super("closed_output", EXIT.closedStdout, `${name} was closed by its reader`, {
      hint: "Batches in flight stay; run the same command again for the rest.",
      cause,
    });
  }
}

/** System errors that mean the file could not even be made. */
const CANNOT_CREATE: ReadonlySet<string> = new Set([
  "EACCES",
  "EISDIR",
  "ELOOP",
  "ENAMETOOLONG",
  "ENOENT",
  "ENOTDIR",
  "EPERM",
  "EROFS",
]);

/** A system error as the error the command line ends with. Errors of our own pass as they are. */
export function outputErrorOf(error: unknown, path: string): BgPipeError {
  if (error instanceof BgPipeError) return error;
  const code = systemCodeOf(error) ?? "";
  if (code === "EPIPE" || code === "ERR_STREAM_DESTROYED") return new ClosedOutputError(path, error);
  const kind = CANNOT_CREATE.has(code) ? "cannotCreate" : "cannotWrite";
  const verb = kind === "cannotCreate" ? "create" : "write";
  return new OutputError(kind, `cannot ${verb} ${path}: ${messageOf(error)}`, { hint: hintFor(code), cause: error });
}

function hintFor(code: string): string {
  if (code === "ENOSPC" || code === "EDQUOT") return "Make room on the disk and run the same command again.";
  if (code === "ENOENT" || code === "ENOTDIR") return "Does the directory exist?";
  if (code === "EISDIR") return "Name a file, not a directory.";
  return "Check the path and its permissions.";
}
