import { ConfigurationError } from "../core/errors.ts";
import type { Prompt } from "../prompts/prompt.ts";
import { toStrictSchema } from "../prompts/strict-schema.ts";
import type { ListedPrompt, ShownPrompt } from "../report/prompts.ts";
import { findPrompt, namesOfPrompts, type PromptSources } from "./prompt-library.ts";
import { type ReadText, readSettingsFile, readUtf8 } from "./settings-file.ts";

export interface ShownSources extends PromptSources {
  /** Where the configured prompts came from, for people. */
  readonly origin: string;
}

/** Every prompt that has a name; one that cannot be asked with has its problem told. */
export async function listPrompts(sources: ShownSources): Promise<readonly ListedPrompt[]> {
  return Promise.all(namesOfPrompts(sources).map((name) => listPrompt(name, sources)));
}

async function listPrompt(name: string, sources: ShownSources): Promise<ListedPrompt> {
  try {
    const { description, origin } = await showPrompt(name, sources);
    return { name, description, origin, problem: null };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { name, description: null, origin: originOf(name, sources), problem: error.message };
  }
}

/**
 * A prompt in full: one with a name, or one in a file.
 *
 * @throws {ConfigurationError} for a prompt that is not there or is wrong, {@link InputMissingError} for a file that
 *   cannot be read
 */
export async function showPrompt(name: string, sources: ShownSources, read: ReadText = readUtf8): Promise<ShownPrompt> {
  const prompt = await findPrompt(name, sources, (path) => readSettingsFile(read, path, "prompt"));
  const { description, system, user, schema, schemaFault, isStrict, examples, reference } = prompt;
  return {
    name: prompt.name,
    description: description ?? null,
    origin: originOf(name, sources),
    system: system === undefined ? null : withRubric(system.text, prompt),
    user: withRubric(user.text, prompt),
    schema: schema ?? null,
    strict_schema: schema === undefined || isStrict === false ? null : toStrictSchema(schema, schemaFault),
    examples,
    reference: reference ?? null,
  };
}

function originOf(name: string, sources: ShownSources): string {
  if (Object.hasOwn(sources.configured, name)) return sources.origin;
  return namesOfPrompts(sources).includes(name) ? "package" : name;
}

/** The rubric is the same for every row, so that it can be shown in its place. */
function withRubric(template: string, { rubric }: Prompt): string {
  return rubric === undefined ? template : template.replaceAll(/\{\{-?\s*rubric\s*-?\}\}/g, () => rubric);
}
