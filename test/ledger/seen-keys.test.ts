import fc from "fast-check";
import { expect, test } from "vitest";
import { SeenKeys } from "../../src/ledger/seen-keys.ts";

test("a key is new the first time", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 3 })), (keys) => {
      const seen = new SeenKeys();
      const known = new Set<string>();
      for (const key of keys) {
        expect(seen.add(key)).toBe(!known.has(key));
        known.add(key);
      }
      seen.close();
    }),
  );
});
