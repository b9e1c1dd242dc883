import { z } from "zod";
import { plainValue, topLevelEntries } from "../../core/json-text.ts";
import type { Failure, Fields, GoodRow } from "../../core/records.ts";
import type { Entry } from "../../core/respell.ts";
import { MissingFieldError, RowTemplateError } from "../../prompts/row-errors.ts";
import { compileTemplate } from "../../prompts/template.ts";
import { mapGood, type RowStep } from "./row-step.ts";
import { failedRowOf, rowOf } from "./row-text.ts";
import type { StepKind } from "./step-kind.ts";

/** A template that is one field, or one of its properties, and nothing else. */
const ONE_FIELD = /^\{\{\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*\}\}$/;

/** Sets fields. */
export const set: StepKind = {
  name: "set",
  summary: "sets fields, to a value or what a template gives; a template of one field alone keeps its type",
  keys: {
    set: z.record(z.string(), z.unknown()).describe('Names to values or templates, such as: "{{ grade.score }}"'),
  },
  create: ({ value, places }) => {
    const setters = Object.entries(value as Fields).map(
      ([name, given]) => [name, setterOf(given, () => places.originOf(["set", name]))] as const,
    );
    return createSet(setters);
  },
  explain: (value) => `sets ${Object.keys(value as Fields).join(", ")}`,
};

/** Gives the JSON text of a value. @throws {RowTemplateError} */
type Setter = (fields: Fields) => string;

function createSet(setters: readonly (readonly [string, Setter])[]): RowStep {
  return {
    apply: (rows) => mapGood(rows, (row) => setIn(row, setters)),
    nameAfter: (name) => name,
    adds: setters.map(([name]) => name),
  };
}

function setIn(row: GoodRow, setters: readonly (readonly [string, Setter])[]): GoodRow {
  try {
    const values = new Map(setters.map(([name, setter]) => [name, setter(row.fields)]));
    const own = topLevelEntries(row.text).map(([name, json]): Entry => [name, values.get(name) ?? json]);
    const names = new Set(own.map(([name]) => name));
    return rowOf(row, [...own, ...[...values].filter(([name]) => !names.has(name))]);
  } catch (error) {
    if (!(error instanceof RowTemplateError)) throw error;
    return failedRowOf(row, setFailure(error));
  }
}

function setFailure({ failure }: RowTemplateError): Failure {
  return { ...failure, message: `set: ${failure.message}` };
}

function setterOf(given: unknown, originOf: () => Parameters<typeof compileTemplate>[1]): Setter {
  if (typeof given !== "string") {
    const json = JSON.stringify(given ?? null);
    return () => json;
  }
  const path = ONE_FIELD.exec(given)?.[1];
  if (path !== undefined && path !== "row") return copierOf(path);
  const template = compileTemplate(given, originOf());
  return (fields) => JSON.stringify(template.render(fields));
}

function copierOf(path: string): Setter {
  const names = path.replace(/^row\./, "").split(".");
  return (fields) => {
    let value: unknown = fields;
    for (const name of names) {
      const isThere = typeof value === "object" && value !== null && Object.hasOwn(value, name);
      if (!isThere) throw new MissingFieldError(path, fields, "needed by set");
      value = (value as Fields)[name];
    }
    return JSON.stringify(value) ?? String(plainValue(value));
  };
}
