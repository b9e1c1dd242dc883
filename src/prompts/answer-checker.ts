import { messageOf } from "../core/errors.ts";
import { compact, isNestedTooDeep } from "../core/json-text.ts";
import type { JsonSchema } from "./schema.ts";
import { compileValidator, describeError, type ValidateFunction } from "./validator.ts";

/** The answer as JSON on one line, numbers spelled as the model spelled them; or why it is not one. */
export type CheckedAnswer =
  | { readonly ok: true; readonly json: string }
  | { readonly ok: false; readonly reason: string };

/** A reason goes into an output row and into the question asked again. */
const MAX_REASON_LENGTH = 300;

/** Makes the check of an answer's text against the schema as the user gave it. */
export function createAnswerChecker(schema: JsonSchema): (text: string) => CheckedAnswer {
  const validate = compileValidator(schema);
  return (text) => {
    const reason = findFault(validate, text);
    if (reason !== undefined) return { ok: false, reason: reason.slice(0, MAX_REASON_LENGTH) };
    return { ok: true, json: compact(text) };
  };
}

function findFault(validate: ValidateFunction, text: string): string | undefined {
  try {
    if (isNestedTooDeep(text)) return "the answer is nested too deep";
    return validate(JSON.parse(text)) ? undefined : describeError(validate.errors);
  } catch (error) {
    return `the answer is not JSON: ${messageOf(error)}`;
  }
}
