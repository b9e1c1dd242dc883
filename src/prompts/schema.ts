import { ConfigurationError, messageOf } from "../core/errors.ts";
import { placeIn, type TextOrigin } from "../core/text-origin.ts";
import { compileValidator } from "./validator.ts";
import { YamlFile } from "./yaml-file.ts";

/** A JSON Schema for answers, as the user wrote it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * Reads a JSON Schema from a file's text, JSON or YAML.
 *
 * @throws {ConfigurationError} naming the file and what is wrong.
 */
export function loadSchema(text: string, file: string): JsonSchema {
  const yaml = new YamlFile(text, file);
  const schema = yaml.toValue();
  checkSchema(schema, yaml.originOf([]));
  return schema;
}

/**
 * Checks that a value is a JSON Schema of an object.
 *
 * @param origin Where it stands.
 * @throws {ConfigurationError}
 */
export function checkSchema(schema: unknown, origin: TextOrigin): asserts schema is JsonSchema {
  const place = placeIn(origin);
  if (typeof schema !== "object" || schema === null || !("type" in schema) || schema.type !== "object") {
    throw new ConfigurationError(`${place}: an answer's schema must be a JSON Schema with type: object`, {
      hint: "Wrap what you ask for in an object with one property.",
    });
  }
  try {
    compileValidator({ ...schema });
  } catch (cause) {
    throw new ConfigurationError(`${place}: not a JSON Schema: ${messageOf(cause)}`, { cause });
  }
}
