import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import type { Environment } from "./environment.ts";

/**
 * Where bg-pipe keeps what survives a run: `$XDG_STATE_HOME/bg-pipe`, else `~/.local/state/bg-pipe`.
 * The XDG Base Directory Specification has relative paths ignored.
 */
export function stateDirectory(environment: Environment, home: string): string {
  return join(absoluteOr(environment["XDG_STATE_HOME"], join(home, ".local", "state")), "bg-pipe");
}

/** The user's configuration file: `$XDG_CONFIG_HOME/bg-pipe/config.yaml`, else under `~/.config`. */
export function userConfigPath(environment: Environment, home: string): string {
  return join(absoluteOr(environment["XDG_CONFIG_HOME"], join(home, ".config")), "bg-pipe", "config.yaml");
}

/** A path as messages show it: relative where it lies in the working folder. */
export function displayPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short === "" || short.startsWith("..") || isAbsolute(short) ? path : short;
}

/**
 * A path as it stands in a configuration file, to one that holds from the working folder: `~/` is the home folder,
 * and a relative path counts from the file's own folder.
 */
export function pathFromFile(path: string, configPath: string, base: { cwd: string; home: string }): string {
  if (path === "-" || isAbsolute(path)) return path;
  if (path.startsWith("~/")) return join(base.home, path.slice(2));
  const folder = dirname(configPath);
  return folder === resolve(base.cwd) ? path : join(folder, path);
}

function absoluteOr(path: string | undefined, fallback: string): string {
  return path !== undefined && isAbsolute(path) ? path : fallback;
}
