import { z } from "zod";
import type { ConfigurationError } from "../core/errors.ts";
import type { Places } from "./read-prompt.ts";

const scaleShape = z.strictObject({ min: z.number(), max: z.number(), step: z.number().positive().optional() });
const criterionShape = z.strictObject({
  description: z.string().optional(),
  scale: scaleShape.optional(),
  levels: z.array(z.string().min(1)).min(2).optional(),
  anchors: z.record(z.string(), z.string()).optional(),
});

/** A rubric as it stands in a file. */
export const rubricShape = z.strictObject({
  scale: scaleShape.optional(),
  reasoning: z.enum(["once", "each", "none"]).optional(),
  criteria: z.record(z.string().min(1), z.union([z.string(), criterionShape])),
});

/** The keys at each depth of a rubric, for messages. */
export const RUBRIC_KEYS = {
  rubric: Object.keys(rubricShape.shape),
  criterion: Object.keys(criterionShape.shape),
  scale: Object.keys(scaleShape.shape),
};

/** What is graded, and how. */
export interface Rubric {
  /** Where the model reasons: once before all scores, before each of them, or nowhere. */
  readonly reasoning: "once" | "each" | "none";
  readonly criteria: readonly Criterion[];
}

export interface Criterion {
  readonly name: string;
  readonly description?: string;
  /** Every score there is, the best last. */
  readonly scores: readonly (number | string)[];
  /** Numbers from the first score to the last, in steps of 1. */
  readonly isWhole: boolean;
  /** What a score means, by the score. */
  readonly anchors: ReadonlyMap<number | string, string>;
}

const USUAL_SCALE: z.infer<typeof scaleShape> = { min: 1, max: 5 };
/** Finer than anybody grades, and well within the provider's limit on enum values. */
const MAX_SCORES = 101;

/**
 * Checks a rubric.
 *
 * @param path Where in its file it stands.
 * @throws {ConfigurationError} naming the place of what is wrong.
 */
export function readRubric(places: Places, path: readonly PropertyKey[], raw: z.infer<typeof rubricShape>): Rubric {
  const { scale, reasoning = "once", criteria } = raw;
  const at = (...steps: readonly string[]) => [...path, ...steps];
  const names = Object.keys(criteria);
  if (names.length === 0) throw places.error(at("criteria"), "value", "a rubric needs a criterion");
  if (reasoning === "once" && names.includes(REASONING)) {
    throw places.error(at("criteria", REASONING), "key", `no criterion can be called "${REASONING}"`, REASONING_HINT);
  }
  const digits = names.find((name) => /^\d+$/.test(name));
  if (digits !== undefined) {
    throw places.error(at("criteria", digits), "key", `no criterion can be called "${digits}"`, DIGITS_HINT);
  }
  return {
    reasoning,
    criteria: Object.entries(criteria).map(([name, given]) => {
      const own = typeof given === "string" ? { description: given } : given;
      const place = at("criteria", name);
      return readCriterion({ name, own: { ...(scale && { scale }), ...own } }, new CriterionFaults(places, place));
    }),
  };
}

/** The property with the model's reasons. */
export const REASONING = "reasoning";
const REASONING_HINT = 'The answer has its reasons under that name; call it otherwise, or write "reasoning: none".';

/** Objects put such names before all others. */
const DIGITS_HINT = "The schema would have its score before the reasons for it; give it a name with a letter.";

interface RawCriterion {
  readonly name: string;
  readonly own: z.infer<typeof criterionShape>;
}

function readCriterion({ name, own }: RawCriterion, faults: CriterionFaults): Criterion {
  const { description, levels, anchors = {} } = own;
  const scale = own.scale ?? USUAL_SCALE;
  const scores: readonly (number | string)[] = levels ?? scoresOf(scale, faults);
  if (new Set(scores).size < scores.length) throw faults.at(["levels"], "a level stands there twice");
  return {
    name,
    scores,
    isWhole: levels === undefined && (scale.step ?? 1) === 1 && Number.isInteger(scale.min),
    anchors: new Map(Object.entries(anchors).map(([key, text]) => [scoreOf(key, scores, faults), text])),
    ...(description !== undefined && { description }),
  };
}

function scoresOf({ min, max, step = 1 }: z.infer<typeof scaleShape>, faults: CriterionFaults): readonly number[] {
  const steps = Math.round((max - min) / step);
  if (!(steps >= 1)) throw faults.at(["scale"], `the scale from ${min} to ${max} has no steps`);
  if (steps >= MAX_SCORES) throw faults.at(["scale"], `the scale has ${steps + 1} scores, of ${MAX_SCORES} at most`);
  if (Math.abs(min + steps * step - max) > step / 1e6) {
    throw faults.at(["scale"], `steps of ${step} from ${min} do not end at ${max}`);
  }
  return Array.from({ length: steps + 1 }, (_, index) => Number((min + index * step).toPrecision(12)));
}

function scoreOf(key: string, scores: Criterion["scores"], faults: CriterionFaults): number | string {
  const score = scores.find((one) => String(one) === key || (typeof one === "number" && one === Number(key)));
  if (score !== undefined) return score;
  throw faults.at(["anchors", key], `"${key}" is none of the scores`, `They are ${scores.join(", ")}.`);
}

/** Errors within one criterion. */
class CriterionFaults {
  readonly #places: Places;
  readonly #path: readonly PropertyKey[];

  constructor(places: Places, path: readonly PropertyKey[]) {
    this.#places = places;
    this.#path = path;
  }

  at(steps: readonly string[], message: string, hint?: string): ConfigurationError {
    return this.#places.error([...this.#path, ...steps], "key", message, hint);
  }
}
