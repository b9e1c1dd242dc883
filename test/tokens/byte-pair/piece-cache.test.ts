import fc from "fast-check";
import { expect, test } from "vitest";
import { PieceCache } from "../../../src/tokens/byte-pair/piece-cache.ts";

test("answers with what was set last for just these bytes, or not at all", () => {
  const piece = fc.uint8Array({ minLength: 1, maxLength: 40, max: 2 });
  fc.assert(
    fc.property(fc.array(fc.tuple(piece, fc.integer({ min: 1, max: 28 })), { maxLength: 60 }), (settings) => {
      const cache = new PieceCache();
      const expected = new Map<string, number>();
      for (const [bytes, tokens] of settings) {
        cache.set(viewOf(bytes), 0, bytes.length, tokens);
        expected.set(bytes.join(), tokens);
      }
      for (const [bytes] of settings) {
        expect([0, expected.get(bytes.join())]).toContain(cache.get(viewOf(bytes), 0, bytes.length));
      }
    }),
    { numRuns: 50 },
  );
});

test("keeps short pieces and no long ones", () => {
  const cache = new PieceCache();
  const view = viewOf(Uint8Array.from({ length: 40 }, (_, at) => at));
  cache.set(view, 3, 28, 7);
  cache.set(view, 3, 29, 8);
  expect(cache.get(view, 3, 28)).toBe(7);
  expect(cache.get(view, 3, 29)).toBe(0);
  expect(cache.get(view, 3, 27)).toBe(0);
});

/** The bytes with room behind them for a 32-bit read. */
function viewOf(bytes: Uint8Array): DataView {
  const padded = new Uint8Array(bytes.length + 16).fill(255);
  padded.set(bytes);
  return new DataView(padded.buffer);
}
