import { messageOf } from "../core/errors.ts";
import { compact, isNestedTooDeep } from "../core/json-text.ts";
import { withoutAbsent } from "./absent-nulls.ts";
import { mendAnswer, type Repair } from "./mended-answer.ts";
import type { JsonSchema } from "./schema.ts";
import { compileValidator, describeError, type ValidateFunction } from "./validator.ts";

/** The answer as JSON on one line, numbers spelled as the model spelled them; or why it is not one. */
export type CheckedAnswer =
  | { readonly ok: true; readonly json: string; readonly repaired?: readonly Repair[] }
  | { readonly ok: false; readonly reason: string };

/** A reason goes into an output row and into the question asked again. */
const MAX_REASON_LENGTH = 300;

/**
 * Makes the check of an answer's text against the schema as the user gave it. A text that is no JSON is mended where
 * that loses nothing, and what was done is told; a null that stands for a property which is not there is left out.
 */
export function createAnswerChecker(schema: JsonSchema): (text: string) => CheckedAnswer {
  const checker = new AnswerChecker(schema);
  return (text) => checker.check(text);
}

class AnswerChecker {
  readonly #schema: JsonSchema;
  readonly #validate: ValidateFunction;

  constructor(schema: JsonSchema) {
    this.#schema = schema;
    this.#validate = compileValidator(schema);
  }

  check(text: string): CheckedAnswer {
    const plain = this.#read(text);
    if (plain.ok || isObjectText(text)) return plain.ok ? plain : clipped(plain.reason);
    const mended = mendAnswer(text);
    const read = mended && this.#read(mended.text);
    if (mended === undefined || read === undefined) return clipped(plain.reason);
    return read.ok
      ? { ...read, repaired: mended.repairs }
      : clipped(isObjectText(mended.text) ? read.reason : plain.reason);
  }

  #read(text: string): CheckedAnswer {
    try {
      if (isNestedTooDeep(text)) return { ok: false, reason: "the answer is nested too deep" };
      if (this.#validate(JSON.parse(text))) return { ok: true, json: compact(text) };
      const reason = describeError(this.#validate.errors);
      const rest = withoutAbsent(this.#schema, text);
      if (rest !== undefined && this.#validate(JSON.parse(rest))) return { ok: true, json: rest };
      return { ok: false, reason };
    } catch (error) {
      return { ok: false, reason: `the answer is not JSON: ${messageOf(error)}` };
    }
  }
}

/** Whether a text is JSON of an object, so that there is nothing to mend. */
function isObjectText(text: string): boolean {
  if (!text.trimStart().startsWith("{")) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function clipped(reason: string): CheckedAnswer {
  return { ok: false, reason: reason.slice(0, MAX_REASON_LENGTH) };
}
