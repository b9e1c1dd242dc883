import { compact } from "./json-text.ts";
import type { AddedField, AnsweredRow, BadRow, Failure, TextRow, Usage } from "./records.ts";
import type { AnswerCheck, AnswerFacts, ToolCall } from "./verdicts.ts";

/** What `NAME_meta` says of an answer, in the order in which it says it. */
export const META_FIELDS = [
  "custom_id",
  "batch_id",
  "model",
  "finish_reason",
  "usage",
  "cost_usd",
  "attempts",
  "repaired",
  "logprobs",
] as const;
type MetaField = (typeof META_FIELDS)[number];
/** The last two stand there only where there is something to tell. */
type RareField = "repaired" | "logprobs";
export type Meta = Readonly<Record<Exclude<MetaField, RareField | "usage" | "attempts">, unknown>> &
  Readonly<Partial<Record<RareField, unknown>>> & {
    readonly usage: Usage | null;
    readonly attempts: number | null;
  };

/** A row that failed, as it goes out: `NAME` null, then `NAME_error` with what is to be known of the failure. */
export function failedRow(
  row: TextRow | BadRow,
  failure: Failure,
  outputField: string,
  meta: readonly AddedField[] = [],
): AnsweredRow {
  const details = row.kind === "bad" ? { ...failure, line: row.position.line, raw: row.raw } : failure;
  const error = { name: `${outputField}_error`, json: JSON.stringify(details), isDetail: true } as const;
  return { row, failure, added: [{ name: outputField, json: "null" }, error, ...meta] };
}

/** The JSON text of an answer's field. */
export interface WrittenAnswer {
  readonly json: string;
  /** What was put right about it, without a loss. */
  readonly repaired?: readonly string[];
}

/**
 * An answer as it is written: a text, an embedding's numbers, the object that a schema asks for, or `tool_calls`.
 *
 * @param check Reads answers that are JSON; undefined where they are plain text.
 */
export function writtenAnswer(
  { text, embedding, toolCalls }: Pick<AnswerFacts, "text" | "embedding" | "toolCalls">,
  check: AnswerCheck | undefined,
): WrittenAnswer {
  if (embedding !== undefined) return { json: JSON.stringify(embedding) };
  if (toolCalls !== undefined) return { json: toolCallsJson(toolCalls, text) };
  if (check === undefined) return { json: JSON.stringify(text ?? "") };
  const read = check(text ?? "null");
  const json = read.ok ? read.json : undefined;
  const repaired = read.ok ? read.repaired : undefined;
  return { json: json ?? jsonOrText(text ?? "null"), ...(repaired && { repaired }) };
}

function toolCallsJson(calls: readonly ToolCall[], text: string | undefined): string {
  const list = calls.map((call) => `{"name":${JSON.stringify(call.name)},"arguments":${jsonOrText(call.arguments)}}`);
  const said = text === undefined || text === "" ? "" : `,"text":${JSON.stringify(text)}`;
  return `{"tool_calls":[${list.join(",")}]${said}}`;
}

/** JSON on one line, numbers as they are spelled; what is none becomes a text. */
function jsonOrText(text: string): string {
  try {
    JSON.parse(text);
    return compact(text);
  } catch {
    return JSON.stringify(text);
  }
}

/** The field `NAME_meta`. */
export function metaField(outputField: string, meta: Meta): AddedField {
  return { name: `${outputField}_meta`, json: JSON.stringify(meta) };
}

/** The usage of several replies; null where there was none. */
export function sumOfUsage(usages: readonly Usage[]): Usage | null {
  const sum = { input: 0, cached: 0, output: 0, reasoning: 0 };
  for (const { input, cached, output, reasoning } of usages) {
    sum.input += input;
    sum.cached += cached;
    sum.output += output;
    sum.reasoning += reasoning;
  }
  return usages.length === 0 ? null : sum;
}
