import { z } from "zod";
import { topLevelEntries } from "../../core/json-text.ts";
import type { GoodRow, Row } from "../../core/records.ts";
import { isGood, type RowStep } from "./row-step.ts";
import { failedRowOf, rowOf } from "./row-text.ts";
import type { StepKind } from "./step-kind.ts";

/** Gives fields other names. */
export const rename: StepKind = {
  name: "rename",
  summary: "gives fields other names, where a row has them; they keep their places",
  keys: { rename: z.record(z.string(), z.string().min(1)).describe("Old names to new names") },
  create: ({ value }) => createRename(new Map(Object.entries(value as Record<string, string>))),
  explain: (value) =>
    `renames ${Object.entries(value as Record<string, string>)
      .map(([from, to]) => `${from} to ${to}`)
      .join(", ")}`,
};

function createRename(names: ReadonlyMap<string, string>): RowStep {
  return {
    apply: (rows) => rows.map((row) => renamed(row, names)),
    nameAfter: (name) => names.get(name) ?? name,
    adds: [],
  };
}

function renamed(row: Row, names: ReadonlyMap<string, string>): Row {
  if (row.kind === "bad") return row;
  const entries = topLevelEntries(row.text).map(([name, json]) => [names.get(name) ?? name, json] as const);
  const twice = twiceNamed(row, names);
  if (twice === undefined) return rowOf(row, entries);
  const message = `rename: the row would have two fields "${twice}"`;
  return isGood(row) ? failedRowOf(row, { code: "stage_failed", message }) : row;
}

function twiceNamed(row: GoodRow, names: ReadonlyMap<string, string>): string | undefined {
  const seen = new Set<string>();
  for (const name of Object.keys(row.fields).map((old) => names.get(old) ?? old)) {
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}
