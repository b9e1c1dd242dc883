import { ConfigurationError } from "../core/errors.ts";
import { nearest } from "../core/registry.ts";
import { loadPrompt, promptNames } from "../prompts/load.ts";
import type { Prompt } from "../prompts/prompt.ts";
import { promptFromValue } from "../prompts/read-prompt.ts";

const PACKAGE_FILE = "config/prompts.yaml";

/** Where prompts are looked for by name. */
export interface PromptSources {
  /** The text of the package's own file. */
  readonly packaged: string;
  /** Those of the user's configuration, by name. They win. */
  readonly configured: Readonly<Record<string, unknown>>;
}

/** The names of all prompts, the package's first. */
export function namesOfPrompts({ packaged, configured }: PromptSources): readonly string[] {
  return [...new Set([...promptNames(packaged, PACKAGE_FILE), ...Object.keys(configured)])];
}

/**
 * The prompt of a name, or in a file.
 *
 * @param readFile Gives a file's text and its path.
 * @throws {ConfigurationError} for a prompt that is wrong, or a name that is none, naming the nearest
 */
export async function findPrompt(
  name: string,
  sources: PromptSources,
  readFile: (path: string) => Promise<[text: string, file: string]>,
): Promise<Prompt> {
  const { packaged, configured } = sources;
  if (Object.hasOwn(configured, name)) return promptFromValue(configured[name], name, "the configuration");
  if (promptNames(packaged, PACKAGE_FILE).includes(name)) return loadPrompt(packaged, PACKAGE_FILE, name);
  if (/[./]/.test(name)) return loadPrompt(...(await readFile(name)));
  throw unknownPrompt(name, namesOfPrompts(sources));
}

function unknownPrompt(name: string, known: readonly string[]): ConfigurationError {
  const near = nearest(name, known);
  return new ConfigurationError(`unknown prompt "${name}"`, {
    hint: `${near === undefined ? "" : `Did you mean "${near}"? `}Known: ${known.join(", ")}; or name a YAML file, such as ./${name}.yaml.`,
  });
}
