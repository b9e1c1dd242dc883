import { compact } from "./json-text.ts";
import type { AddedField, AnsweredRow, BadRow, Failure, TextRow, Usage } from "./records.ts";
import type { AnswerFacts } from "./verdicts.ts";

/** What `NAME_meta` says of an answer, in the order in which it says it. */
export const META_FIELDS = [
  "custom_id",
  "batch_id",
  "model",
  "finish_reason",
  "usage",
  "cost_usd",
  "attempts",
] as const;
export type Meta = Readonly<Record<Exclude<(typeof META_FIELDS)[number], "usage" | "attempts">, unknown>> & {
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

/**
 * The JSON text of an answer's field.
 *
 * @param isJson Whether answers are JSON, as a schema asks for, and not plain text.
 */
export function answerJson({ text, embedding }: Pick<AnswerFacts, "text" | "embedding">, isJson: boolean): string {
  if (embedding !== undefined) return JSON.stringify(embedding);
  return isJson ? compact(text ?? "null") : JSON.stringify(text ?? "");
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
