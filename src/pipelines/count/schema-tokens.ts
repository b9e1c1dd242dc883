import type { Question } from "../question.ts";

/**
 * Tokens of the JSON text of schema and tools, which go along with each request. How the provider lays them out before
 * its model is not documented, so they are no part of the formula for a request's tokens.
 */
export function tokensOfSchema({ endpoint, request, tokenizer }: Question): number {
  const { response_format: format, text, tools, functions } = endpoint.buildBody(EMPTY_PROMPT, request);
  const schemas = [property(property(format, "json_schema"), "schema"), property(property(text, "format"), "schema")];
  const parts = [...schemas, tools, functions].filter((part) => typeof part === "object" && part !== null);
  return parts.reduce<number>((sum, part) => sum + tokenizer.count(JSON.stringify(part)), 0);
}

const EMPTY_PROMPT = { messages: [{ role: "user", content: "" }] } as const;

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
