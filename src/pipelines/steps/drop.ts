import { z } from "zod";
import { topLevelEntries } from "../../core/json-text.ts";
import type { RowStep } from "./row-step.ts";
import { rowOf } from "./row-text.ts";
import type { StepKind } from "./step-kind.ts";

/** Drops the fields named. */
export const drop: StepKind = {
  name: "drop",
  summary: "drops these fields, where a row has them",
  keys: { drop: z.array(z.string().min(1)).min(1).describe("Names of fields") },
  create: ({ value }) => createDrop(new Set((value as readonly string[]).map(String))),
  explain: (value) => `drops the fields ${(value as readonly string[]).join(", ")}`,
};

function createDrop(names: ReadonlySet<string>): RowStep {
  return {
    apply: (rows) =>
      rows.map((row) => {
        if (row.kind === "bad" || !Object.keys(row.fields).some((name) => names.has(name))) return row;
        return rowOf(
          row,
          topLevelEntries(row.text).filter(([name]) => !names.has(name)),
        );
      }),
    nameAfter: (name) => (names.has(name) ? undefined : name),
    adds: [],
  };
}
