import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { majorityOf, medianOf } from "../../src/agreement/votes.ts";

describe("medianOf", () => {
  test.each([
    [["3", "1", "2"], "2"],
    // A score stays on its scale.
    [["4", "1", "5", "3"], "3"],
    [["4", "4.0"], "4"],
    [["1.5", "3"], "2.25"],
    [["-2", "1e1", "0.10"], "0.10"],
    [["12345678901234567890", "1", "99999999999999999999"], "12345678901234567890"],
  ])("%j has %s", (values, json) => {
    expect(medianOf(values)?.json).toBe(json);
  });

  test("says how far apart the numbers are, and how many say the same", () => {
    expect(medianOf(["5", "2", "2", "3"])?.agreement).toEqual({ share: 0.5, tie: false, min: 2, max: 5 });
  });

  test("there is none of what is not all numbers", () => {
    expect(medianOf(["1", '"2"'])).toBeUndefined();
    expect(medianOf(["1", "null"])).toBeUndefined();
    expect(medianOf(["1", "1e999"])).toBeUndefined();
  });

  test("lies between least and most, whatever the order", () => {
    const numbers = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(numbers, (values) => {
        const median = Number(medianOf(values.map(String))?.json);
        expect(values).toContain(median);
        const below = values.filter((value) => value < median).length;
        const above = values.filter((value) => value > median).length;
        expect(2 * Math.max(below, above)).toBeLessThanOrEqual(values.length);
        expect(medianOf(values.toReversed().map(String))?.json).toBe(`${median}`);
      }),
    );
  });
});

describe("majorityOf", () => {
  test.each([
    [["true", "false", "true"], { json: "true", agreement: { share: 2 / 3, tie: false } }],
    [['"b"', '"a"'], { json: '"b"', agreement: { share: 0.5, tie: true } }],
    [["null"], { json: "null", agreement: { share: 1, tie: false } }],
    [['"\\u00e9"', '"é"', '"e"'], { json: '"\\u00e9"', agreement: { share: 2 / 3, tie: false } }],
    [["[1, 2]", "[1,2]", "[2,1]"], { json: "[1, 2]", agreement: { share: 2 / 3, tie: false } }],
  ])("of %j", (values, vote) => {
    expect(majorityOf(values)).toEqual(vote);
  });
});
