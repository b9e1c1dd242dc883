import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { OutputError, systemCodeOf } from "../core/errors.ts";
import { outputErrorOf } from "../io/output-error.ts";

/**
 * Writes a new text file. Never writes over one that is there.
 *
 * @param name Absolute, or relative to `cwd`.
 * @throws {OutputError} when there is one already, or it cannot be made
 */
export async function createTextFile(name: string, { cwd, text }: { cwd: string; text: string }): Promise<void> {
  try {
    await writeFile(resolve(cwd, name), text, { flag: "wx" });
  } catch (error) {
    if (systemCodeOf(error) === "EEXIST") {
      throw new OutputError("cannotCreate", `${name} is there already`, { hint: "It is left as it is." });
    }
    throw outputErrorOf(error, name);
  }
}
