import { resolve } from "node:path";
import { ConfigurationError } from "../core/errors.ts";
import { userConfigPath } from "./directories.ts";
import type { Environment } from "./environment.ts";
import type { Layer } from "./layers.ts";
import { packageDataPath, readPackageText } from "./package-data.ts";
import { loadPluginsOf } from "./plugins.ts";
import type { ReadTextFile } from "./text-file.ts";
import { readYamlLayer } from "./yaml-file.ts";

/** Name of the project file that is read from the working folder. */
export const PROJECT_FILE = "bg-pipe.yaml";

/** What configuration files are found by. */
export interface FileSources {
  readonly environment: Environment;
  /** Absolute path of the working folder. */
  readonly cwd: string;
  /** Absolute path of the user's home folder. */
  readonly home: string;
  readonly readFile: ReadTextFile;
}

/** A configuration file that is there. */
export interface ConfigurationFile {
  readonly path: string;
  readonly layer: Layer;
  /** Whether it was read only because it lay in the working folder, and may have come with someone's data. */
  readonly isFound: boolean;
}

/**
 * Reads the configuration files, the weakest first: the package's, the user's, the project's.
 *
 * @param chosen The project file that the user named, relative to the working folder; else `bg-pipe.yaml` if there.
 * @throws {ConfigurationError} for a wrong key or value, or when the file that the user named is not there
 */
export async function configurationFiles(sources: FileSources, chosen?: string): Promise<ConfigurationFile[]> {
  return [await packageFile(sources), await userFile(sources), await projectFile(sources, chosen)].flat();
}

async function packageFile(sources: FileSources): Promise<ConfigurationFile> {
  const path = packageDataPath("defaults.yaml");
  const label = "default, config/defaults.yaml";
  const layer = await readYamlLayer(await readPackageText("defaults.yaml"), { ...sources, path, label });
  return { path, layer, isFound: false };
}

/** @returns no file or one */
async function userFile(sources: FileSources): Promise<ConfigurationFile[]> {
  const path = userConfigPath(sources.environment, sources.home);
  const text = await sources.readFile(path);
  if (text !== undefined) await loadPluginsOf(text, { ...sources, path });
  return text === undefined ? [] : [{ path, layer: await readYamlLayer(text, { ...sources, path }), isFound: false }];
}

/** @returns no file or one */
async function projectFile(sources: FileSources, chosen: string | undefined): Promise<ConfigurationFile[]> {
  const path = resolve(sources.cwd, chosen ?? PROJECT_FILE);
  const text = await sources.readFile(path);
  if (text !== undefined) {
    await loadPluginsOf(text, { ...sources, path }, { isFound: chosen === undefined });
    return [{ path, layer: await readYamlLayer(text, { ...sources, path }), isFound: chosen === undefined }];
  }
  if (chosen === undefined) return [];
  throw new ConfigurationError(`there is no configuration file ${chosen}`, {
    hint: "bg-pipe config init writes one to start from.",
  });
}
