import { z } from "zod";
import { type Condition, parseCondition } from "../../core/condition/parse.ts";
import { ConditionError } from "../../core/condition/tokens.ts";
import { ConfigurationError } from "../../core/errors.ts";
import { placeIn } from "../../core/text-origin.ts";
import { isGood, type RowStep } from "./row-step.ts";
import type { StepKind } from "./step-kind.ts";

/** Keeps the rows of which a condition holds. */
export const filter: StepKind = {
  name: "filter",
  summary: "keeps the rows of which a condition holds, and drops the others",
  keys: { filter: z.string().min(1).describe('A condition over fields, such as: grade.score < 3 and lang == "de"') },
  create: ({ value, places }) => createFilter(compile(String(value), places)),
  explain: (value) => `keeps the rows of which ${String(value)}`,
};

function createFilter(condition: Condition): RowStep {
  return {
    apply: (rows, { tally }) => {
      const kept = rows.filter((row) => !isGood(row) || condition(row.fields));
      tally.dropped += rows.length - kept.length;
      return kept;
    },
    nameAfter: (name) => name,
    adds: [],
  };
}

function compile(text: string, places: Parameters<StepKind["create"]>[0]["places"]): Condition {
  try {
    return parseCondition(text);
  } catch (cause) {
    if (!(cause instanceof ConditionError)) throw cause;
    const place = placeIn(places.originOf(["filter"]), 1, cause.offset + 1);
    throw new ConfigurationError(`${place}: filter: ${cause.message}`, {
      cause,
      hint: 'Write it like: grade.score < 3 and lang == "de".',
    });
  }
}
