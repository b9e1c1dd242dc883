import { UsageError } from "../core/errors.ts";
import { FAILURE_CODES } from "../core/records.ts";
import { nearest } from "../core/registry.ts";
import type { Halts } from "../stages/halt.ts";
import type { WriteOptions } from "../stages/write.ts";
import type { GradeSettings } from "./settings.ts";

/**
 * What becomes of failed rows: which end the run, and what of those that do not.
 *
 * @throws {UsageError} for a code that there is not
 */
export function failurePolicy({
  onError,
  haltOn = [],
}: Pick<GradeSettings, "onError" | "haltOn">): Pick<WriteOptions, "onError" | "halts"> {
  const codes = new Set<string>(haltOn.flatMap((text) => text.split(",")).map((code) => checkedCode(code.trim())));
  const halts: Halts = ({ code }) => onError === "halt" || codes.has(code);
  return { onError: onError === "skip" ? "skip" : "keep", halts };
}

function checkedCode(code: string): string {
  const known: readonly string[] = FAILURE_CODES;
  if (known.includes(code)) return code;
  const near = nearest(code, known);
  const hint = `${near === undefined ? "" : `Did you mean ${near}? `}Codes are ${known.join(", ")}.`;
  throw new UsageError(`--halt-on: no row fails with the code "${code}"`, { hint });
}
