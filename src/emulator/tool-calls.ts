import type { AnswerFormat } from "./composed-answer.ts";

/** A function that a request offers: chat completions wrap it, the Responses API does not. */
interface OfferedFunction {
  readonly name: string;
  readonly parameters: unknown;
}

/**
 * The form of an answer that calls a function, where a request offers any: the one that `tool_choice` names, else the
 * first.
 */
export function callFormat(tools: unknown, toolChoice: unknown): AnswerFormat | undefined {
  if (!Array.isArray(tools) || toolChoice === "none") return undefined;
  const offered = tools.flatMap((tool: unknown) => functionIn(tool) ?? []);
  const chosen = functionIn(toolChoice)?.name;
  const called = offered.find(({ name }) => name === chosen) ?? offered[0];
  if (called === undefined) return undefined;
  return { kind: "call", name: called.name, schema: called.parameters ?? { type: "object" }, param: "tools" };
}

function functionIn(tool: unknown): OfferedFunction | undefined {
  const { function: wrapped, ...own } = fieldsOf(tool);
  const { name, parameters } = wrapped === undefined ? own : fieldsOf(wrapped);
  return typeof name === "string" ? { name, parameters } : undefined;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
