import { createRequire } from "node:module";
import { isAbsolute, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * Loads a module that a user's file names: by path, relative to that file's folder, or a package as installed there.
 *
 * @param folder Absolute. Never the input's, nor the working folder unless the file lies in it.
 * @throws what the module throws, or Node when it is not there
 */
export async function loadModule(name: string, folder: string): Promise<Readonly<Record<string, unknown>>> {
  return import(urlOf(name, folder).href);
}

function urlOf(name: string, folder: string): URL {
  if (/^\.{1,2}\//.test(name) || isAbsolute(name)) return pathToFileURL(resolve(folder, name));
  return pathToFileURL(createRequire(join(folder, "pipeline.yaml")).resolve(name));
}
