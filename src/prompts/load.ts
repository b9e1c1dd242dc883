import { ConfigurationError } from "../core/errors.ts";
import { unknownName } from "../core/registry.ts";
import type { Prompt } from "./prompt.ts";
import { readPrompt } from "./read-prompt.ts";
import { YamlFile } from "./yaml-file.ts";

/**
 * Reads a prompt from a YAML file's text. The file is either one prompt, or a map of named prompts under `prompts:`.
 *
 * @param name Which of the named prompts; may be left out where there is only one.
 * @throws {ConfigurationError} naming file:line:column, the key, and the nearest right one.
 */
export function loadPrompt(text: string, file: string, name?: string): Prompt {
  const yaml = new YamlFile(text, file);
  const value = yaml.toValue();
  const named = namedPrompts(yaml, value);
  if (named === undefined) return readUnnamed(yaml, value, name);
  const chosen = name ?? onlyName(file, Object.keys(named));
  if (!Object.hasOwn(named, chosen)) throw unknownName(`prompt in ${file}:`, chosen, Object.keys(named));
  return readPrompt(yaml, { path: ["prompts", chosen], value: named[chosen], name: chosen });
}

/** The names of the prompts in a file: none when it is one prompt without a name. */
export function promptNames(text: string, file: string): readonly string[] {
  const yaml = new YamlFile(text, file);
  return Object.keys(namedPrompts(yaml, yaml.toValue()) ?? {});
}

/**
 * Checks the prompts of a file that holds other things too, such as a configuration.
 *
 * @throws {ConfigurationError} as {@link loadPrompt}
 */
export function checkNamedPrompts(text: string, file: string): void {
  const yaml = new YamlFile(text, file);
  const value = yaml.toValue();
  if (!isMap(value) || !isMap(value.prompts)) return;
  for (const [name, prompt] of Object.entries(value.prompts)) {
    readPrompt(yaml, { path: ["prompts", name], value: prompt, name });
  }
}

function namedPrompts(yaml: YamlFile, value: unknown): Record<string, unknown> | undefined {
  if (!isMap(value) || !Object.hasOwn(value, "prompts")) return undefined;
  const other = Object.keys(value).find((key) => key !== "prompts");
  if (other !== undefined) {
    throw yaml.error([other], "key", `"${other}" stands beside "prompts"`, "Give it to one of the prompts, by name.");
  }
  if (!isMap(value.prompts)) throw yaml.error(["prompts"], "value", "prompts: must be a map of prompts by name");
  return value.prompts;
}

function readUnnamed(yaml: YamlFile, value: unknown, name: string | undefined): Prompt {
  if (name === undefined) return readPrompt(yaml, { path: [], value, name: yaml.file });
  throw new ConfigurationError(`${yaml.file} is one prompt without a name, so there is no "${name}" in it`, {
    hint: "Leave the name out, or put the prompts of this file under prompts:, each with its name.",
  });
}

function onlyName(file: string, names: readonly string[]): string {
  const [first] = names;
  if (first !== undefined && names.length === 1) return first;
  throw new ConfigurationError(`${file} holds ${names.length} prompts, and none was chosen`, {
    hint: `Choose one by name: ${names.join(", ")}.`,
  });
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
