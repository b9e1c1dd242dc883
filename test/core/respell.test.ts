import fc from "fast-check";
import { expect, test } from "vitest";
import { respell } from "../../src/core/respell.ts";

const TEXT = '{"b":1.0,"10":1e2, "a":12345678901234567890,"7":[ -0 ],"s":"\\u00e9"}';
const parsed = (text: string): object => JSON.parse(text);

test.each([
  ["nothing", TEXT, (row: object) => row, TEXT],
  ["nothing, in another order", TEXT, (row: object) => Object.fromEntries(Object.entries(row).reverse()), TEXT],
  ["nothing, of a name that is there twice", '{"a":1,"a":2}', (row: object) => ({ ...row }), '{"a":1,"a":2}'],
  [
    "a value",
    TEXT,
    (row: object) => ({ ...row, b: 2 }),
    '{"b":2,"10":1e2,"a":12345678901234567890,"7":[ -0 ],"s":"\\u00e9"}',
  ],
  [
    "a field before, and a number behind",
    '{"b":1.0,"10":1e2}',
    (row: object) => ({ new: 1, ...row, 3: 0 }),
    '{"new":1,"b":1.0,"10":1e2,"3":0}',
  ],
  ["the order", '{"a":1.0,"b":2.0}', () => ({ b: 2, c: 3, a: 1 }), '{"b":2.0,"c":3,"a":1.0}'],
  ["a field left out", '{"1":1.0,"b":2.0,"2":3.0}', () => ({ 1: 1, 2: 3 }), '{"1":1.0,"2":3.0}'],
  ["to undefined", '{"a":1.0,"b":2.0}', () => ({ a: undefined, b: 2 }), '{"b":2.0}'],
  ["a name of every object's", '{"a":1.0}', () => ({ toString: 5, a: 1 }), '{"toString":5,"a":1.0}'],
])("changed: %s", (_, text, change, expected) => {
  expect(respell(text, change(parsed(text)))).toBe(expected);
});

test("whatever changes, the text says what the object says", () =>
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.dictionary(fc.oneof(fc.string(), fc.nat(20).map(String)), fc.jsonValue()),
      (before, after) => {
        const text = JSON.stringify(before);
        const row = { ...parsed(text), ...parsed(JSON.stringify(after)) };
        expect(JSON.parse(respell(text, row))).toEqual(JSON.parse(JSON.stringify(row)));
      },
    ),
  ));
