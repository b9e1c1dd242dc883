import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TokenGate } from "../../src/core/token-gate.ts";
import { turn } from "../support/virtual-clock.ts";

const never = new AbortController().signal;

describe("TokenGate", () => {
  test("never lets in more than the limit, but for one that alone is more; all get in, in order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(15), { maxLength: 20 }), async (sizes) => {
        const gate = new TokenGate(10);
        const inside = new Set<number>();
        const order: number[] = [];
        const visits = sizes.map(async (tokens, index) => {
          const leave = await gate.enter(tokens, never);
          inside.add(index);
          order.push(index);
          const total = [...inside].reduce((sum, one) => sum + (sizes[one] ?? 0), 0);
          const others = total - tokens;
          expect(total <= 10 || others === 0).toBe(true);
          for (let turns = tokens % 3; turns >= 0; turns--) await turn();
          inside.delete(index);
          leave();
        });
        await Promise.all(visits);
        expect(order).toEqual([...sizes.keys()]);
      }),
      { numRuns: 40 },
    );
  });

  test("first come, first in: a small one does not pass a big one", async () => {
    const gate = new TokenGate(10);
    const leave = await gate.enter(6, never);
    const order: string[] = [];
    const visit = async (name: string, tokens: number) => {
      const goOut = await gate.enter(tokens, never);
      order.push(name);
      goOut();
    };
    const visits = [visit("big", 8), visit("small", 1)];
    await turn();
    expect(order).toEqual([]);
    leave();
    await Promise.all(visits);
    expect(order).toEqual(["big", "small"]);
  });

  test("one who stops waiting lets the next one forward", async () => {
    const gate = new TokenGate(10);
    const leave = await gate.enter(6, never);
    const stop = new AbortController();
    const big = gate.enter(8, stop.signal);
    const small = gate.enter(2, never);
    stop.abort(new Error("stop"));
    await expect(big).rejects.toThrow("stop");
    (await small)();
    leave();
  });

  test("without a limit, all get in", async () => {
    const gate = new TokenGate(Number.POSITIVE_INFINITY);
    for (const tokens of [0, 1e9, Number.MAX_SAFE_INTEGER]) await gate.enter(tokens, never);
  });
});
