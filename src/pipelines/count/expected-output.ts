import type { ExpectedOutput } from "../../report/count.ts";
import type { GradeSettings } from "../settings.ts";

/**
 * What the user expects, else the limit on output tokens, else what earlier runs have seen. An embedding has no output.
 *
 * @param seen Output tokens per reply of the model so far; undefined when there was none.
 */
export function expectOutput(
  settings: Pick<GradeSettings, "endpoint" | "maxOutputTokens" | "expectOutputTokens">,
  seen: number | undefined,
): ExpectedOutput {
  const { endpoint, expectOutputTokens, maxOutputTokens } = settings;
  if (endpoint === "/v1/embeddings") return { tokens: 0, source: "none-needed" };
  if (expectOutputTokens !== undefined) return { tokens: expectOutputTokens, source: "expected" };
  if (maxOutputTokens !== undefined) return { tokens: maxOutputTokens, source: "limit" };
  // A share of a token has to be reckoned with as one.
  if (seen !== undefined) return { tokens: Math.ceil(seen), source: "seen" };
  return { tokens: null, source: "unknown" };
}
