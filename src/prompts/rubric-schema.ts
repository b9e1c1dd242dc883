import { type Criterion, REASONING, type Rubric } from "./rubric.ts";
import type { JsonSchema } from "./schema.ts";

/** The schema of the answers to a rubric: the reasons before the scores, since the model thinks while it writes. */
export function rubricSchema({ criteria, reasoning }: Rubric): JsonSchema {
  const scores = criteria.map((criterion) => {
    const score = scoreSchema(criterion);
    const schema = reasoning === "each" ? closed({ [REASONING]: REASONS_FOR_ONE, score }) : score;
    return [criterion.name, schema] as const;
  });
  return closed({ ...(reasoning === "once" && { [REASONING]: REASONS }), ...Object.fromEntries(scores) });
}

const REASONS = { type: "string", description: "Two to five sentences on what decides the scores." };
const REASONS_FOR_ONE = { type: "string", description: "One to three sentences on what decides this score." };

function closed(properties: JsonSchema): JsonSchema {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}

function scoreSchema({ scores, isWhole, description }: Criterion): JsonSchema {
  const told = description === undefined ? {} : { description: description.trim() };
  if (isWhole) return { type: "integer", minimum: scores[0], maximum: scores.at(-1), ...told };
  return { type: typeof scores[0] === "number" ? "number" : "string", enum: scores, ...told };
}
