import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteBuffer } from "../../src/core/byte-buffer.ts";

test("keeps what fits and counts everything, however it is cut", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 9 })), fc.nat({ max: 40 }), (pieces, maxBytes) => {
      const buffer = new ByteBuffer(maxBytes);
      for (const piece of pieces) buffer.append(piece);
      const whole = Buffer.concat(pieces);
      expect(buffer.length).toBe(whole.length);
      expect(buffer.take()).toEqual(whole.subarray(0, maxBytes));
      expect(buffer.length).toBe(0);
    }),
  );
});

test("what was taken is not overwritten by what comes next", () => {
  const buffer = new ByteBuffer(10);
  buffer.append(Buffer.from("first"));
  const taken = buffer.take();
  buffer.append(Buffer.from("other"));
  expect(taken.toString()).toBe("first");
  expect(buffer.take().toString()).toBe("other");
});

test("copies a long record a bounded number of times when it comes byte by byte", () => {
  const sizes: number[] = [];
  const allocate = Buffer.allocUnsafe;
  Buffer.allocUnsafe = (size: number) => {
    sizes.push(size);
    return allocate(size);
  };
  try {
    const buffer = new ByteBuffer(1 << 20);
    for (let index = 0; index < 1 << 16; index++) buffer.append(Uint8Array.of(index));
  } finally {
    Buffer.allocUnsafe = allocate;
  }
  expect(sizes.length).toBeGreaterThan(0);
  expect(sizes.length).toBeLessThanOrEqual(17);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(4 * (1 << 16));
});
