import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FlowStage, filter, map, pipeline, readRows, through, writeRows } from "../../src/index.ts";
import { fileOf, Kept } from "./collect.ts";

const ODD = '{"b":1.0, "a":12345678901234567890,"2":"\\u00e9","1":-0,"__proto__":[1e2]}';

const nothing = map((row: object) => row);

async function written(text: string, stage: FlowStage<object, object> = nothing): Promise<string> {
  const kept = new Kept();
  await pipeline(readRows<object>(fileOf(text)), stage, writeRows(kept));
  return kept.text;
}

describe("a row that a function leaves as it is keeps its spelling", () => {
  test.each([
    ["the same row", nothing],
    ["a copy", map((row: object): object => ({ ...row }))],
    ["the same row, later", map(async (row: object) => row, { concurrency: 3 })],
    ["a filter", filter((_: object) => true)],
    ["a generator of one's own", through((rows: AsyncIterable<object>) => rows)],
  ])("%s", async (_, stage) => {
    expect(await written(`${ODD}\n${ODD}\n`, stage)).toBe(`${ODD}\n${ODD}\n`);
  });

  test("and each of its fields keeps it beside one that is changed or added", async () => {
    const change = map((row: object): object => ({ ...row, b: 2, c: 3.5 }));
    expect(await written('{"b":1.0,"a":12345678901234567890,"x":[ 1.50 ]}\n', change)).toBe(
      '{"b":2,"a":12345678901234567890,"x":[ 1.50 ],"c":3.5}\n',
    );
  });

  test("and one that is changed in its depth does not", async () => {
    const change = map((row: object) => {
      Object.assign(Reflect.get(row, "x"), { y: 2 });
      return row;
    });
    expect(await written('{"x":{"y":1.0},"z":1.0}\n', change)).toBe('{"x":{"y":2},"z":1.0}\n');
  });

  test("whatever the row", () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1 }), async (rows) => {
        const text = rows.map((row) => `${JSON.stringify(row, null, 1).replaceAll("\n", " ")}\n`).join("");
        expect(
          await written(
            text,
            map((row: object): object => ({ ...row })),
          ),
        ).toBe(text);
      }),
      { numRuns: 50 },
    ));
});

test("rows that a program made are written as JSON has them, in any format", async () => {
  const kept = new Kept();
  await pipeline([{ a: 1, b: "x,y" }, { a: 2 }], writeRows(kept, { format: "csv" }));
  expect(kept.text).toBe('a,b\n1,"x,y"\n2,\n');
});

test("a table of no rows has the columns that its input had", async () => {
  const kept = new Kept();
  await pipeline(readRows(fileOf("a,b\n", "rows.csv")), writeRows(kept, { format: "csv" }));
  expect(kept.text).toBe("a,b\n");
});

describe("a record that cannot be read", () => {
  const text = '{"a":1}\n{bad\n{"a":2}\n';

  test("goes past the stages, in its place", async () => {
    const double = map((row: object) => ({ a: Reflect.get(row, "a") * 2 }));
    const rows = (await written(text, double)).trimEnd().split("\n");
    expect(rows.map((row) => JSON.parse(row))).toMatchObject([
      { a: 2 },
      { error: { code: "bad_input", line: 2, raw: "{bad" } },
      { a: 4 },
    ]);
  });

  test("ends rows that are taken one by one, by its place", async () => {
    const path = fileOf(text);
    const seen: unknown[] = [];
    const take = async () => {
      for await (const row of readRows(path)) seen.push(row);
    };
    await expect(take()).rejects.toThrow(`${path}:2:`);
    expect(seen).toEqual([{ a: 1 }]);
  });

  test("is left out where somebody is told of it", async () => {
    const told: number[] = [];
    const rows = readRows(fileOf(text), { onBadRow: ({ position }) => told.push(position.line) });
    expect([await Array.fromAsync(rows), told]).toEqual([[{ a: 1 }, { a: 2 }], [2]]);
  });

  test("ends a table, which has no column for errors", async () => {
    const end = pipeline(readRows(fileOf(text)), writeRows(new Kept(), { format: "csv" }));
    await expect(end).rejects.toMatchObject({ code: "bad_input", hint: expect.stringContaining("onBadRow") });
  });
});
