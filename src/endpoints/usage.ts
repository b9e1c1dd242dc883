import type { Usage } from "../core/records.ts";
import { asCount, asObject } from "./narrow.ts";

/** What an endpoint calls the two halves of its usage. Their `_tokens_details` have one spelling everywhere. */
type Word = "prompt" | "completion" | "input" | "output";

/**
 * Reads a `usage` object.
 *
 * @param input What the endpoint calls the input's tokens (`prompt` or `input`).
 * @param output What it calls the output's.
 * @returns undefined unless both totals are there: a half-known cost is no cost
 */
export function readUsage(value: unknown, input: Word, output: Word): Usage | undefined {
  const usage = asObject(value);
  const inputTokens = asCount(usage?.[`${input}_tokens`]);
  const outputTokens = asCount(usage?.[`${output}_tokens`]);
  if (usage === undefined || inputTokens === undefined || outputTokens === undefined) return undefined;
  const details = asObject(usage[`${input}_tokens_details`]);
  const cacheWritten = asCount(details?.cache_write_tokens);
  return {
    input: inputTokens,
    cached: asCount(details?.cached_tokens) ?? 0,
    output: outputTokens,
    reasoning: asCount(asObject(usage[`${output}_tokens_details`])?.reasoning_tokens) ?? 0,
    ...(cacheWritten === undefined ? {} : { cacheWritten }),
  };
}
