import { z } from "zod";
import type { Fields } from "../core/records.ts";
import type { Places } from "./read-prompt.ts";
import type { JsonSchema } from "./schema.ts";
import { isNode } from "./schema-node.ts";

/** Which fields a prompt compares, as it stands in a file. */
export const pairShape = z.strictObject({ a: z.string().min(1), b: z.string().min(1) });

/** The names of two fields with texts to compare; templates know what is shown first as `a`, and the other as `b`. */
export interface Pair {
  readonly a: string;
  readonly b: string;
}

const WINNERS = ["a", "b", "tie"];

/** The schema of the answers where a pairwise prompt has none of its own. */
export const PAIR_SCHEMA: JsonSchema = {
  type: "object",
  properties: {
    reasoning: { type: "string", description: "Two to five sentences on what decides between the two." },
    winner: { type: "string", enum: WINNERS, description: "Which of the two is better." },
  },
  required: ["reasoning", "winner"],
  additionalProperties: false,
};

/** The other order: what was shown first is shown second. */
export function swapPair({ a, b }: Pair): Pair {
  return { a: b, b: a };
}

/** The names `a` and `b` for a row, undefined where it lacks the field. */
export function pairFields({ a, b }: Pair, fields: Fields): Fields {
  const value = (name: string) => (Object.hasOwn(fields, name) ? fields[name] : undefined);
  return { a: value(a), b: value(b) };
}

/**
 * Checks that answers to a pairwise prompt say who wins: a required `winner`, one of `a`, `b` and perhaps `tie`.
 *
 * @param path Where in its file the schema stands.
 * @throws {ConfigurationError}
 */
export function checkNamesWinner(places: Places, path: readonly PropertyKey[], schema: JsonSchema): void {
  const winner = isNode(schema.properties) ? schema.properties.winner : undefined;
  const allowed: readonly unknown[] = isNode(winner) && Array.isArray(winner.enum) ? winner.enum : [];
  const isRequired = Array.isArray(schema.required) && schema.required.includes("winner");
  const isKnown = allowed.every((value) => WINNERS.some((known) => known === value));
  if (isRequired && isKnown && allowed.includes("a") && allowed.includes("b")) return;
  throw places.error(
    path,
    "value",
    "the schema of a pairwise prompt has to say who wins",
    'Require a property "winner" with enum: [a, b, tie], or leave the schema out.',
  );
}
