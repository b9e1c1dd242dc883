import { ConfigurationError } from "../core/errors.ts";
import type { TextOrigin } from "../core/text-origin.ts";
import { type Prompt, type PromptText, promptShape } from "./prompt.ts";
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
  const { description, system, user, schema, strict, schema_name, examples } = parsed.data;
  if (schema !== undefined) checkSchema(schema, places.originOf([...path, "schema"]));
  const textAt = (key: string, text: string): PromptText => ({ text, origin: places.originOf([...path, key]) });
  return {
    name,
    user: textAt("user", user),
    schemaName: schema_name ?? DEFAULT_SCHEMA_NAME,
    examples: examples ?? [],
    ...(description !== undefined && { description }),
    ...(system !== undefined && { system: textAt("system", system) }),
    ...(schema !== undefined && { schema, schemaFault: faultAt(places, [...path, "schema"]) }),
    ...(strict === false && { isStrict: false }),
  };
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
