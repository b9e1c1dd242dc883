import fc from "fast-check";
import { expect, test } from "vitest";
import { ChunkTally } from "../../src/core/chunk-tally.ts";

const request = fc.record({ bytes: fc.integer({ min: 1, max: 20 }), tokens: fc.integer({ min: 0, max: 20 }) });
const limits = fc.record({
  requests: fc.integer({ min: 1, max: 5 }),
  bytes: fc.integer({ min: 20, max: 60 }),
  tokens: fc.integer({ min: 20, max: 60 }),
  count: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
});

test("counts the chunks that one would make by hand", () => {
  fc.assert(
    fc.property(fc.array(request), limits, (requests, most) => {
      const tally = new ChunkTally(most);
      for (const { bytes, tokens } of requests) tally.add(bytes, tokens);
      const hands = Array.from({ length: most.count ?? 1 }, (_, hand) =>
        requests.filter((_, index) => index % (most.count ?? 1) === hand),
      );
      expect(tally.chunks).toBe(hands.reduce((sum, dealt) => sum + filled(dealt, most), 0));
    }),
  );
});

function filled(
  requests: readonly { bytes: number; tokens: number }[],
  most: { requests: number; bytes: number; tokens: number },
) {
  const chunks: { bytes: number; tokens: number }[][] = [];
  for (const one of requests) {
    const all = [...(chunks.at(-1) ?? []), one];
    const sum = (of: "bytes" | "tokens") => all.reduce((total, each) => total + each[of], 0);
    const fits = all.length <= most.requests && sum("bytes") <= most.bytes && sum("tokens") <= most.tokens;
    if (fits && chunks.length > 0) chunks.at(-1)?.push(one);
    else chunks.push([one]);
  }
  return chunks.length;
}

test("takes no request that is too large by itself", () => {
  const tally = new ChunkTally({ requests: 5, bytes: 10, tokens: 20, count: undefined });
  expect([tally.takes(10, 20), tally.takes(11, 1), tally.takes(1, 21)]).toEqual([true, false, false]);
});
