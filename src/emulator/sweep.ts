import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { isProcessAlive } from "./processes.ts";

const TEMPORARY = /\.(\d+)-\d+\.tmp$/;

/** Removes the temporary files of processes that are gone: uploads and records that were cut off by a kill. */
export async function sweepTemporaries(directory: string): Promise<void> {
  for (const folder of ["files", "batches"]) {
    for (const name of await readdir(join(directory, folder))) {
      const pid = TEMPORARY.exec(name)?.[1];
      if (pid !== undefined && !isProcessAlive(Number(pid))) await rm(join(directory, folder, name), { force: true });
    }
  }
}
