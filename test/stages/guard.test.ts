import { describe, expect, test } from "vitest";
import { InputDataError, UsageError } from "../../src/core/errors.ts";
import type { Row } from "../../src/core/records.ts";
import { createGuard } from "../../src/stages/guard.ts";
import { goodRow } from "./support.ts";

function rowWith(fields: Record<string, unknown>): Row {
  return { ...goodRow("x", 4), text: JSON.stringify(fields), fields };
}

const bad: Row = { kind: "bad", position: { file: "f", line: 1, byteOffset: 0 }, message: "m", raw: "" };

describe("guard", () => {
  test("lets rows pass as they are", () => {
    const rows = [rowWith({ a: 1 }), bad];
    expect(createGuard({ addedFields: ["grade"], columns: undefined })(rows)).toBe(rows);
    expect(createGuard({ addedFields: ["grade"], columns: () => ["a"] })(rows)).toBe(rows);
  });

  test.each(["grade", "grade_error"])("refuses a row that has %s already, with its place and the way out", (name) => {
    const guard = createGuard({ addedFields: ["grade", "grade_error"], columns: undefined });
    const clashing = () => guard([bad, rowWith({ a: 1, [name]: null })]);
    expect(clashing).toThrow(UsageError);
    expect(clashing).toThrow(`in.jsonl:4: the row already has a field "${name}"`);
    try {
      clashing();
    } catch (error) {
      expect(error).toMatchObject({ hint: expect.stringContaining("--output-field") });
    }
  });

  test("a name that only every object has is no clash", () => {
    const guard = createGuard({ addedFields: ["toString", "constructor"], columns: undefined });
    expect(guard([rowWith({ a: 1 })])).toHaveLength(1);
  });

  test("refuses a field that the table has no column for; a missing one is an empty cell", () => {
    const guard = createGuard({ addedFields: ["grade"], columns: () => ["a", "b"] });
    expect(guard([rowWith({ a: 1 })])).toHaveLength(1);
    expect(() => guard([rowWith({ a: 1, c: 2 })])).toThrow(InputDataError);
    expect(() => guard([rowWith({ a: 1, c: 2 })])).toThrow('in.jsonl:4: the field "c"');
  });

  test("before the columns are known, nothing is refused for them", () => {
    const guard = createGuard({ addedFields: ["grade"], columns: () => undefined });
    expect(guard([rowWith({ whatever: 1 })])).toHaveLength(1);
  });
});
