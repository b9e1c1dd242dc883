import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { systemCodeOf } from "../core/errors.ts";
import { outputErrorOf } from "./output-error.ts";

let temporaryFiles = 0;

/**
 * Writes a whole file so that after a crash, or a power cut, it is there either as it was or as it is now: into a
 * temporary file beside it, fsync, rename, fsync of the directory.
 *
 * @throws {OutputError} naming the path.
 */
export async function writeFileDurably(path: string, data: string | Uint8Array): Promise<void> {
  const temporaryPath = join(dirname(path), `.${basename(path)}.${process.pid}-${++temporaryFiles}.tmp`);
  const handle = await open(temporaryPath, "wx").catch((error) => {
    throw outputErrorOf(error, path);
  });
  try {
    await fillAndRename(handle, data, temporaryPath, path);
  } catch (error) {
    await rm(temporaryPath, { force: true });
    throw outputErrorOf(error, path);
  }
}

/** Makes a rename or a new file in the directory survive a power cut, where the file system can. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } catch (error) {
    if (!CANNOT_SYNC_DIRECTORY.has(systemCodeOf(error) ?? "")) throw error;
  } finally {
    await handle.close();
  }
}

const CANNOT_SYNC_DIRECTORY: ReadonlySet<string> = new Set(["EINVAL", "ENOTSUP", "EISDIR", "EPERM"]);

async function fillAndRename(
  handle: FileHandle,
  data: string | Uint8Array,
  temporaryPath: string,
  path: string,
): Promise<void> {
  try {
    await handle.writeFile(data);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporaryPath, path);
  await syncDirectory(dirname(path));
}
