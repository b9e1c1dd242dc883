import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";

export type { ValidateFunction };

/**
 * Compiles a JSON Schema. A keyword that JSON Schema does not know is an error, as it is mostly a misspelling;
 * formats are for the model to read and are not checked.
 *
 * @throws {Error} saying what is wrong with the schema.
 */
export function compileValidator(schema: Readonly<Record<string, unknown>>): ValidateFunction {
  const ajv = new Ajv2020({
    strict: true,
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    validateFormats: false,
    // Else a property called "toString" is there in every answer.
    ownProperties: true,
    logger: false,
  });
  const { $schema: _, ...dialectless } = schema;
  return ajv.compile(dialectless);
}

/** The first error as one line: the value's JSON pointer and what it has to be. */
export function describeError(errors: readonly ErrorObject[] | null | undefined): string {
  const error = errors?.[0];
  if (error === undefined) return "does not satisfy the schema";
  const place = error.instancePath === "" ? "the answer" : error.instancePath;
  return `${place} ${error.message ?? "is wrong"}${detail(error)}`;
}

function detail({ params }: ErrorObject): string {
  if (Array.isArray(params.allowedValues)) return `: ${params.allowedValues.join(", ")}`;
  return typeof params.additionalProperty === "string" ? `: "${params.additionalProperty}"` : "";
}
