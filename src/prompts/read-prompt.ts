import type { z } from "zod";
import { ConfigurationError } from "../core/errors.ts";
import type { TextOrigin } from "../core/text-origin.ts";
import { checkNamesWinner, PAIR_SCHEMA } from "./pair.ts";
import { type Prompt, type PromptText, promptShape } from "./prompt.ts";
import { readRubric } from "./rubric.ts";
import { rubricSchema } from "./rubric-schema.ts";
import { RUBRIC_SYSTEM, RUBRIC_USER, rubricText } from "./rubric-text.ts";
import { checkSchema } from "./schema.ts";
import type { SchemaFault } from "./schema-faults.ts";
import { shapeError } from "./shape-error.ts";

/** Knows where in a file the value at the end of a path stands. */
export interface Places {
  originOf(path: readonly PropertyKey[]): TextOrigin;
  error(path: readonly PropertyKey[], at: "key" | "value", message: string, hint?: string): ConfigurationError;
}

/** A prompt as it was read, not yet checked. */
export interface RawPrompt {
  readonly name: string;
  readonly value: unknown;
  /** Where in the file it stands. */
  readonly path: readonly PropertyKey[];
}

const DEFAULT_SCHEMA_NAME = "answer";

/** Checks a prompt. @throws {ConfigurationError} */
export function readPrompt(places: Places, { name, value, path }: RawPrompt): Prompt {
  const parsed = promptShape.safeParse(value);
  if (!parsed.success) throw shapeError(places, path, parsed.error.issues);
  const { description, strict, schema_name, examples, reference, pairwise } = parsed.data;
  return {
    name,
    ...readTexts(places, path, parsed.data),
    ...readSchema(places, path, parsed.data),
    schemaName: schema_name ?? DEFAULT_SCHEMA_NAME,
    examples: examples ?? [],
    ...(description !== undefined && { description }),
    ...(reference !== undefined && { reference }),
    ...(pairwise !== undefined && { pair: pairwise }),
    ...(strict === false && { isStrict: false }),
  };
}

type PromptShape = z.infer<typeof promptShape>;
type Path = readonly PropertyKey[];

/** The texts; a rubric's are made for it where there are none, and its criteria stand at the end of the system text. */
function readTexts(places: Places, path: Path, { system, user, rubric }: PromptShape): Pick<Prompt, "system" | "user"> {
  const textAt = (key: string, text: string): PromptText => ({ text, origin: places.originOf([...path, key]) });
  if (rubric === undefined) {
    if (user === undefined) throw places.error(path, "value", "user: is missing", "Show the text there: {{ text }}.");
    return { user: textAt("user", user), ...(system !== undefined && { system: textAt("system", system) }) };
  }
  const isPlaced = /\{\{-?\s*rubric\b/.test(`${system}${user}`);
  const ruled = system === undefined || isPlaced ? (system ?? RUBRIC_SYSTEM) : `${system.trimEnd()}\n\n{{ rubric }}`;
  return { user: textAt("user", user ?? RUBRIC_USER), system: textAt("system", ruled) };
}

function readSchema(
  places: Places,
  path: Path,
  { schema, rubric, pairwise }: PromptShape,
): Pick<Prompt, "schema" | "schemaFault" | "rubric"> {
  if (rubric !== undefined && schema !== undefined) {
    throw places.error([...path, "schema"], "key", "a rubric makes its own schema", "Leave out one of the two.");
  }
  if (rubric !== undefined && pairwise !== undefined) {
    throw places.error([...path, "rubric"], "key", "a pairwise prompt has no scores", "Leave out one of the two.");
  }
  if (rubric !== undefined) {
    const read = readRubric(places, [...path, "rubric"], rubric);
    return { rubric: rubricText(read), schema: rubricSchema(read) };
  }
  if (schema === undefined) return pairwise === undefined ? {} : { schema: PAIR_SCHEMA };
  checkSchema(schema, places.originOf([...path, "schema"]));
  if (pairwise !== undefined) checkNamesWinner(places, [...path, "schema"], schema);
  return { schema, schemaFault: faultAt(places, [...path, "schema"]) };
}

function faultAt(places: Places, start: readonly PropertyKey[]): SchemaFault {
  return (path, problem, hint) => places.error([...start, ...path], "key", problem, hint);
}

/**
 * A prompt from a value that was read already, such as one under `prompts:` in a configuration.
 *
 * @param file What messages name as its file.
 * @throws {ConfigurationError}
 */
export function promptFromValue(value: unknown, name: string, file: string): Prompt {
  return readPrompt(new KeyPlaces(file), { name, value, path: ["prompts", name] });
}

/** Places by key alone, where lines and columns are no longer known. */
class KeyPlaces implements Places {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  originOf(path: readonly PropertyKey[]): TextOrigin {
    return { file: `${this.#file} (${path.join(".")})`, line: 1, column: 1, indentColumn: 1 };
  }

  error(path: readonly PropertyKey[], _at: "key" | "value", message: string, hint?: string): ConfigurationError {
    const text = `${this.#file} (${path.join(".")}): ${message}`;
    return new ConfigurationError(text, hint === undefined ? undefined : { hint });
  }
}
