import { createReadStream, type ReadStream } from "node:fs";
import { access, constants } from "node:fs/promises";
import { InputMissingError, messageOf } from "../../core/errors.ts";

/**
 * Opens a file for an upload, and closes it whatever happens.
 *
 * @throws {InputMissingError} when it cannot be read; to the SDK that is a connection that fails
 */
export async function withContent<T>(path: string, use: (content: ReadStream) => Promise<T>): Promise<T> {
  await checkReadable(path);
  const content = createReadStream(path);
  // Whoever reads it is told; but a call that is aborted early does not read it.
  content.on("error", () => {});
  try {
    return await use(content);
  } finally {
    content.destroy();
  }
}

async function checkReadable(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK);
  } catch (error) {
    throw new InputMissingError(`cannot read ${path}: ${messageOf(error)}`, {
      hint: "A file of --state-dir is gone, or may not be read. It holds requests only, nothing that was paid for.",
      cause: error,
    });
  }
}
