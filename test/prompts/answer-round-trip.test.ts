import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { csv } from "../../src/formats/csv.ts";
import { createAnswerChecker } from "../../src/prompts/answer-checker.ts";
import { answerColumns } from "../../src/prompts/answer-columns.ts";
import type { JsonSchema } from "../../src/prompts/schema.ts";
import { toStrictSchema } from "../../src/prompts/strict-schema.ts";
import { compileValidator } from "../../src/prompts/validator.ts";
import { answerOf, schemaAndAnswer } from "./answer-cells.ts";

// Every schema is compiled.
vi.setConfig({ testTimeout: 60_000 });

test("what the strict copy lets a model say is an answer to the schema", () => {
  fc.assert(
    fc.property(schemaAndAnswer, ({ schema, answer }) => {
      expect(compileValidator(toStrictSchema(schema))(answer)).toBe(true);
      expect(createAnswerChecker(schema)(JSON.stringify(answer))).toMatchObject({ ok: true });
    }),
    { numRuns: 100 },
  );
});

test("an answer goes into the columns of a table, and comes back as it was", () => {
  fc.assert(
    fc.property(schemaAndAnswer, ({ schema, answer }) => {
      const checked = createAnswerChecker(schema)(JSON.stringify(answer));
      const json = checked.ok ? checked.json : "no answer";
      expect(throughCsv(schema, json)).toEqual(JSON.parse(json));
    }),
    { numRuns: 200 },
  );
});

function throughCsv(schema: JsonSchema, json: string): unknown {
  const { names, mixed } = answerColumns(schema, "grade");
  const encoder = csv.createEncoder({ columns: ["id"], addedColumns: names, mixedColumns: mixed });
  const row = { kind: "row", position: { file: "-", line: 1, byteOffset: 0 }, text: '{"id":"1"}' } as const;
  const text = encoder.start() + encoder.encode([{ row, added: [{ name: "grade", json }] }]) + encoder.end();
  const [header = [], cells = []]: string[][] = parse(text, { relax_column_count: false });
  expect(header).toEqual(["id", ...names]);
  return answerOf(schema, new Map(header.map((name, index) => [name, cells[index] ?? ""])), mixed);
}
