import { readFileSync } from "node:fs";
import { createRequire, findPackageJSON } from "node:module";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { messageOf, systemCodeOf } from "../../core/errors.ts";

/**
 * Loads a module that a user's file names: by path, relative to that file's folder, or a package as installed there.
 *
 * @param folder Absolute. Never the input's, nor the working folder unless the file lies in it.
 * @throws what the module throws, or Node when it is not there
 */
export async function loadModule(name: string, folder: string): Promise<Readonly<Record<string, unknown>>> {
  const isPath = /^\.{1,2}\//.test(name) || isAbsolute(name);
  return import(pathToFileURL(isPath ? resolve(folder, name) : packageEntry(name, join(folder, "pipeline.yaml"))).href);
}

/** Why a module was not loaded. That it was this file that imported it, as Node says, helps nobody. */
export function whyNotLoaded(error: unknown): string {
  return messageOf(error).replace(` imported from ${fileURLToPath(import.meta.url)}`, "");
}

/** @param from The file that names the package. */
function packageEntry(name: string, from: string): string {
  try {
    return createRequire(from).resolve(name);
  } catch (error) {
    if (systemCodeOf(error) !== "ERR_PACKAGE_PATH_NOT_EXPORTED") throw error;
    return entryForImport(name, from) ?? raise(error);
  }
}

/** The main entry of a package that exports nothing to `require`. */
function entryForImport(name: string, from: string): string | undefined {
  const manifestPath = findPackageJSON(name, pathToFileURL(from));
  if (manifestPath === undefined) return undefined;
  const { exports }: { readonly exports?: Exports } = JSON.parse(readFileSync(manifestPath, "utf8"));
  const entry = importOf(typeof exports === "object" ? (exports["."] ?? exports) : exports);
  return entry === undefined ? undefined : join(dirname(manifestPath), entry);
}

type Exports = string | { readonly [condition: string]: Exports };

function importOf(exports: Exports | undefined): string | undefined {
  if (typeof exports !== "object") return exports;
  return importOf(exports["node"] ?? exports["import"] ?? exports["default"]);
}

function raise(error: unknown): never {
  throw error;
}
