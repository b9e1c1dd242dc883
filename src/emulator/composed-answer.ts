import { generateAnswer } from "./answers.ts";
import type { DirectiveName } from "./directives.ts";
import { badRequest } from "./errors.ts";
import type { SeededRandom } from "./random.ts";
import { SchemaError } from "./schema-node.ts";
import type { TokenMeter } from "./usage.ts";
import { sentence } from "./words.ts";

/** What form an answer shall have. */
export type AnswerFormat =
  | { readonly kind: "text" }
  | { readonly kind: "json" }
  /** A call of a function, whose arguments follow its schema. */
  | { readonly kind: "call"; readonly name: string; readonly schema: unknown; readonly param: string }
  | { readonly kind: "schema"; readonly name: string; readonly schema: unknown; readonly param: string };

export interface Composition {
  readonly format: AnswerFormat;
  /** What the text is a function of. */
  readonly random: SeededRandom;
  readonly maxTokens: number | undefined;
  readonly effect: DirectiveName | undefined;
  readonly meter: TokenMeter;
}

/** An answer before it takes an endpoint's shape: a text, a refusal, or the arguments of a call. */
export interface ComposedAnswer {
  readonly text: string;
  /** The function that is called. */
  readonly call?: string;
  readonly isRefusal: boolean;
  readonly finishReason: "stop" | "length" | "content_filter";
  readonly tokens: number;
}

/**
 * Makes up an answer.
 *
 * @throws {ApiError} 400 for a schema that no answer can follow.
 */
export function composeAnswer(composition: Composition): ComposedAnswer {
  const { format, effect } = composition;
  const composed = composeText(composition);
  return format.kind === "call" && effect !== "refuse" ? { ...composed, call: format.name } : composed;
}

function composeText(composition: Composition): ComposedAnswer {
  const { effect, meter, maxTokens } = composition;
  const isRefusal = effect === "refuse";
  const answer = isRefusal ? "I'm sorry, but I can't assist with that request." : textFor(composition);
  const text = effect === "fence" ? `\`\`\`json\n${answer}\n\`\`\`` : answer;
  const tokens = meter.count(text);
  const allowed = Math.min(maxTokens ?? Number.POSITIVE_INFINITY, effect === "cut_off" ? tokens >> 1 : tokens);
  if (tokens > allowed) {
    const kept = cutToTokens(text, allowed, meter);
    return { text: kept, isRefusal, finishReason: "length", tokens: meter.count(kept) };
  }
  return { text, isRefusal, tokens, finishReason: effect === "content_filter" ? "content_filter" : "stop" };
}

function textFor({ format, random, effect }: Composition): string {
  if (format.kind === "text" || effect === "invalid_answer") return sentence(random);
  if (effect === "content_filter") return "";
  if (format.kind === "json") return JSON.stringify({ answer: sentence(random) });
  try {
    return JSON.stringify(generateAnswer(format.schema, random));
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    const message = `Invalid schema for response_format '${format.name}': ${error.message}.`;
    throw badRequest("invalid_json_schema", message, format.param);
  }
}

/** The longest beginning of a text that has at most so many tokens, by halving. */
function cutToTokens(text: string, maxTokens: number, meter: TokenMeter): string {
  const characters = Array.from(text);
  let fits = 0;
  let tooLong = characters.length;
  while (tooLong - fits > 1) {
    const middle = (fits + tooLong) >> 1;
    if (meter.count(characters.slice(0, middle).join("")) <= maxTokens) fits = middle;
    else tooLong = middle;
  }
  return characters.slice(0, fits).join("");
}
