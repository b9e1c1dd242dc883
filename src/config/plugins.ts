import { dirname } from "node:path";
import { ConfigurationError } from "../core/errors.ts";
import { displayPath } from "./directories.ts";
import type { FilePlace } from "./file-paths.ts";
import { isMap } from "./structured-values.ts";

/**
 * Loads the plug-ins that a configuration file names, before anything else of it is read: they may bring what it names.
 *
 * @param isFound Whether the file was read only because it lay in the working folder: it may have come with someone's
 *   data, and brings no code.
 * @throws {ConfigurationError} naming the plug-in
 */
export async function loadPluginsOf(text: string, file: FilePlace, { isFound } = { isFound: false }): Promise<void> {
  if (!text.includes("plugins")) return;
  const path = displayPath(file.path, file.cwd);
  const { YamlFile } = await import("../prompts/yaml-file.ts");
  const yaml = new YamlFile(text, path);
  const value = yaml.toValue();
  const names = isMap(value) ? value["plugins"] : undefined;
  if (!Array.isArray(names) || names.length === 0) return;
  if (isFound) {
    throw new ConfigurationError(`${path}: a file that merely lies in the working folder brings no plug-ins`, {
      hint: `Name it with --config ${path} to say that you mean it, or put plugins into your own configuration.`,
    });
  }
  const { loadPlugin } = await import("../pipelines/plugins.ts");
  for (const [index, name] of names.entries()) {
    await loadPlugin(String(name), dirname(file.path)).catch((error: unknown) => {
      if (!(error instanceof ConfigurationError)) throw error;
      throw yaml.error(["plugins", index], "value", error.message, error.hint);
    });
  }
}
