import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseFields } from "../../src/core/json-text.ts";
import { map, pipeline, type RowFunction, readRows, writeRows } from "../../src/index.ts";
import { createUserStep } from "../../src/pipelines/steps/user-stage.ts";
import { fileOf, Kept } from "./collect.ts";

const { signal } = new AbortController();

async function mapped(text: string, work: RowFunction): Promise<string> {
  const kept = new Kept();
  const told = { mark: "!" };
  await pipeline(readRows(fileOf(`${text}\n`)), map(work, { with: told, concurrency: 2 }), writeRows(kept));
  return kept.text;
}

async function used(text: string, work: RowFunction): Promise<string> {
  const step = createUserStep(work, { label: "it", options: { mark: "!" }, concurrency: 2 });
  const position = { file: "f", line: 1, byteOffset: 0 };
  const row = { kind: "row", position, text, fields: parseFields(text) } as const;
  const rows = await step.apply([row], { signal, tally: { dropped: 0, added: 0 } });
  return rows.map((one) => (one.kind === "row" ? `${one.text}\n` : one.raw)).join("");
}

const FUNCTIONS: readonly (readonly [string, RowFunction])[] = [
  ["gives it back", (row) => row],
  ["copies it", async (row) => ({ ...row })],
  ["adds before and behind", (row) => ({ first: 1, ...row, last: 2, 5: 3 })],
  ["leaves out, and changes", async ({ a: _, ...row }) => ({ ...row, b: [row["b"]] })],
  ["gives none", () => null],
  ["gives two", (row) => [row, { ...row, twin: true }]],
  ["takes options and place", (row, { options, line }) => ({ ...row, mark: options["mark"], line })],
  ["gives a promise of another realm", (row) => foreign(row)],
];

describe("a function is the same in map and under use:", () => {
  test.each(FUNCTIONS)("one that %s", (_, work) =>
    fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.oneof(fc.constantFrom("a", "b", "7", "10"), fc.string()), fc.jsonValue()),
        async (fields) => {
          const text = JSON.stringify(fields).replace(/:1\b(?![.e\d])/g, ":1.0");
          expect(await mapped(text, work)).toBe(await used(text, work));
        },
      ),
      { numRuns: 15 },
    ),
  );
});

/** A promise of another realm, as code has it that runs in a `vm` context. */
function foreign<T>(value: T): Promise<T> {
  const OtherPromise: PromiseConstructor = runInNewContext("Promise");
  return OtherPromise.resolve(value);
}

test("a promise of another realm is waited for", async () => {
  expect(await mapped('{"a":1.0}', (row) => foreign({ ...row, b: 2 }))).toBe('{"a":1.0,"b":2}\n');
});
