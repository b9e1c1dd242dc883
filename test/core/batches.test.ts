import fc from "fast-check";
import { expect, test } from "vitest";
import { ArrayBuilder, BYTES_PER_ARRAY, ROWS_PER_ARRAY } from "../../src/core/batches.ts";

test("gives all items back in order, in arrays that keep both bounds", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(BYTES_PER_ARRAY), { maxLength: 600 }), (sizes) => {
      const builder = new ArrayBuilder<number>();
      const arrays: (readonly number[])[] = [];
      for (const size of sizes) {
        builder.add(size, size % 3 === 0 ? 0 : size);
        if (builder.isFull) arrays.push(builder.take());
      }
      if (!builder.isEmpty) arrays.push(builder.take());
      expect(arrays.flat()).toEqual(sizes);
      for (const array of arrays) {
        expect(array.length).toBeLessThanOrEqual(ROWS_PER_ARRAY);
        const butLast = array.slice(0, -1).reduce((sum, size) => sum + (size % 3 === 0 ? 0 : size), 0);
        expect(butLast).toBeLessThan(BYTES_PER_ARRAY);
      }
    }),
    { numRuns: 50 },
  );
});

test("starts anew after each array", () => {
  const builder = new ArrayBuilder<string>();
  builder.add("a", BYTES_PER_ARRAY);
  expect(builder.isFull).toBe(true);
  expect(builder.take()).toEqual(["a"]);
  expect(builder.isEmpty).toBe(true);
  expect(builder.isFull).toBe(false);
  expect(builder.take()).toEqual([]);
});
