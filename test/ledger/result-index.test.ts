import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { FirstPlaces } from "../../src/ledger/first-places.ts";
import { ResultIndex, type ResultPlace } from "../../src/ledger/result-index.ts";

test("of several lines for a request the worthiest is found, and among equals the first", () => {
  const lines = fc.array(fc.record({ id: fc.constantFrom("a", "b", "'", "ü"), worth: fc.nat(2) }));
  fc.assert(
    fc.property(lines, fc.subarray(["a", "b", "'", "ü", "none"]), (given, asked) => {
      const index = new ResultIndex();
      const best = new Map<string, { readonly worth: number; readonly place: ResultPlace }>();
      for (const [offset, { id, worth }] of given.entries()) {
        const place = { file: 0, offset, length: 1 };
        index.add(id, place, worth);
        if (worth > (best.get(id)?.worth ?? -1)) best.set(id, { worth, place });
      }
      const known = asked.filter((id) => best.has(id));
      expect(index.find(asked)).toEqual(new Map(known.map((id) => [id, best.get(id)?.place])));
      index.find(asked);
      expect(index.counts()).toEqual({ requests: best.size, found: known.length });
      index.close();
    }),
  );
});

test("a name's first place is remembered", () => {
  const places = new FirstPlaces();
  onTestFinished(() => places.close());
  expect([places.add("a", "1"), places.add("b", "2"), places.add("a", "3"), places.add("a", "4")]).toEqual([
    undefined,
    undefined,
    "1",
    "1",
  ]);
});
