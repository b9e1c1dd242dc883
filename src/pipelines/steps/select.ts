import { z } from "zod";
import { topLevelEntries } from "../../core/json-text.ts";
import type { GoodRow, Row } from "../../core/records.ts";
import type { Entry } from "../../core/respell.ts";
import { MissingFieldError } from "../../prompts/row-errors.ts";
import { isErrorField, isGood, type RowStep } from "./row-step.ts";
import { failedRowOf, rowOf } from "./row-text.ts";
import type { StepKind } from "./step-kind.ts";

/** Keeps the fields named, in that order. */
export const select: StepKind = {
  name: "select",
  summary: "keeps these fields, in this order, and drops the others",
  keys: { select: z.array(z.string().min(1)).min(1).describe("Names of fields") },
  create: ({ value }) => createSelect((value as readonly string[]).map(String)),
  explain: (value) => `keeps the fields ${(value as readonly string[]).join(", ")}`,
};

function createSelect(names: readonly string[]): RowStep {
  return {
    apply: (rows) => rows.map((row) => selectOf(row, names)),
    nameAfter: (name) => (names.includes(name) || isErrorField(name) ? name : undefined),
    adds: [],
  };
}

function selectOf(row: Row, names: readonly string[]): Row {
  if (row.kind === "bad") return row;
  const entries = new Map(topLevelEntries(row.text));
  const missing = names.find((name) => !entries.has(name));
  if (missing !== undefined && isGood(row)) return withoutField(row, missing);
  const errors = isGood(row) ? [] : [...entries.keys()].filter((name) => isErrorField(name) && !names.includes(name));
  const kept = [...names, ...errors].flatMap((name): Entry[] => {
    const json = entries.get(name);
    return json === undefined ? [] : [[name, json]];
  });
  return rowOf(row, kept);
}

function withoutField(row: GoodRow, name: string): GoodRow {
  return failedRowOf(row, new MissingFieldError(name, row.fields, "needed by select").failure);
}
