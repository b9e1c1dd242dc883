import { readdir } from "node:fs/promises";
import { resolve } from "node:path";
import { packageDataPath } from "../../config/package-data.ts";
import { readTextFile } from "../../config/text-file.ts";
import { InputMissingError, UsageError } from "../../core/errors.ts";
import { nearest } from "../../core/registry.ts";

/** A pipeline's file, found. */
export interface FoundPipeline {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

/**
 * Finds a pipeline: a file, or one that comes with the package, by its name.
 *
 * @param target What the command line calls it; a name has no slash and no ending.
 * @throws {UsageError} without one, {@link InputMissingError} when there is none such, naming the nearest
 */
export async function findPipeline(command: string, target: string | undefined, cwd: string): Promise<FoundPipeline> {
  if (target === undefined) {
    const hint = `Name a file, or one that comes with bg-pipe: ${(await readyMadeNames()).join(", ")}.`;
    throw new UsageError(`${command} needs a pipeline`, { hint });
  }
  const isName = /^[\w-]+$/.test(target);
  const path = isName ? packageDataPath(`pipelines/${target}.yaml`) : resolve(cwd, target);
  const text = await readTextFile(path);
  if (text !== undefined) return { path, text };
  throw isName ? await unknownPipeline(target) : new InputMissingError(`there is no pipeline file ${target}`);
}

/** The names of the pipelines that come with the package. */
export async function readyMadeNames(): Promise<readonly string[]> {
  const files = await readdir(packageDataPath("pipelines"));
  return files.map((file) => file.replace(/\.yaml$/, "")).sort();
}

async function unknownPipeline(name: string): Promise<InputMissingError> {
  const known = await readyMadeNames();
  const near = nearest(name, known);
  return new InputMissingError(`no pipeline "${name}" comes with bg-pipe`, {
    hint: `${near === undefined ? "" : `Did you mean "${near}"? `}Known: ${known.join(", ")}; or name a file, such as ./${name}.yaml.`,
  });
}
