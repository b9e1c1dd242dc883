import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Budget, type BudgetLimits, NO_LIMITS, type Reliance } from "../../src/core/budget.ts";
import { SeededRandom } from "../../src/emulator/random.ts";

/** What is made of estimates, to be changed as it goes. */
class Trust implements Reliance {
  kind: Reliance["kind"];
  settlements = 0;

  constructor(kind: Reliance["kind"]) {
    this.kind = kind;
  }

  settled(): void {
    this.settlements++;
  }
}

function budgetOf(maxCost: bigint | undefined, given: Partial<BudgetLimits> = {}): Budget {
  return new Budget({ maxCost, tokens: undefined, ...given });
}

/** Lets in as many as it will. @returns their number */
function fill(budget: Budget, cost: bigint, most = 100_000): number {
  for (let count = 0; count < most; count++) if (budget.admit(1, cost) !== "admitted") return count;
  return most;
}

const money = fc.bigInt({ min: 0n, max: 1_000n });
const step = fc.oneof(
  fc.record({ kind: fc.constant("ask" as const), cost: money, tokens: fc.nat(100) }),
  // The share of what was reserved that it costs, in percent.
  fc.record({ kind: fc.constant("end" as const), which: fc.nat(), percent: fc.nat(100) }),
);

describe("Budget", () => {
  test("what is spent and reserved never goes beyond the limits, and nothing waits that would fit", () => {
    const taken = fc.record({ cost: money, tokens: fc.nat(200) });
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 3_000n }),
        fc.nat(600),
        taken,
        fc.array(step),
        (maxCost, max, had, steps) => {
          const budget = new Budget({ maxCost, tokens: max }, had);
          const underWay: bigint[] = [];
          const model = { spent: had.cost, reserved: 0n, tokens: had.tokens };
          for (const one of steps) {
            if (one.kind === "ask") {
              const isOver = model.tokens + one.tokens > max || model.spent + one.cost > maxCost;
              const fits = model.spent + model.reserved + one.cost <= maxCost;
              const verdict = budget.admit(one.tokens, one.cost);
              expect(verdict).toBe(isOver ? "over" : fits ? "admitted" : "wait");
              if (verdict !== "admitted") continue;
              model.reserved += one.cost;
              model.tokens += one.tokens;
              underWay.push(one.cost);
              expect(model.spent + model.reserved).toBeLessThanOrEqual(maxCost);
              expect(model.tokens).toBeLessThanOrEqual(max);
            } else {
              const [reserved] = underWay.splice(one.which % (underWay.length || 1), 1);
              if (reserved === undefined) continue;
              const billed = (reserved * BigInt(one.percent)) / 100n;
              budget.settle(reserved, billed);
              model.reserved -= reserved;
              model.spent += billed;
            }
          }
        },
      ),
    );
  });

  test("settling gives back what was not used: what had to wait is let in, and what never can be is over at once", () => {
    const budget = budgetOf(100n);
    expect(budget.admit(1, 60n)).toBe("admitted");
    expect([budget.admit(1, 50n), budget.admit(1, 101n)]).toEqual(["wait", "over"]);
    budget.settle(60n, 50n);
    expect([budget.admit(1, 51n), budget.admit(1, 50n), budget.admit(1, 1n)]).toEqual(["over", "admitted", "wait"]);
    budget.settle(50n, 50n);
    expect([budget.admit(1, 0n), budget.admit(1, 1n)]).toEqual(["admitted", "over"]);
  });

  test("what came dearer than its estimate is spent all the same", () => {
    const budget = budgetOf(100n);
    budget.admit(1, 40n);
    budget.settle(40n, 90n);
    expect([budget.admit(1, 11n), budget.admit(1, 10n)]).toEqual(["over", "admitted"]);
    budget.settle(10n, 500n);
    expect(budget.admit(1, 0n)).toBe("over");
  });

  test("what is under way from an earlier execution is reserved for, whatever the limits", () => {
    const budget = new Budget({ maxCost: 100n, tokens: undefined }, { cost: 30n, tokens: 0 });
    budget.reserve(200n);
    expect(budget.admit(1, 1n)).toBe("wait");
    budget.settle(200n, 20n);
    expect([budget.admit(1, 51n), budget.admit(1, 50n)]).toEqual(["over", "admitted"]);
  });

  test("giving back more than was reserved leaves nothing reserved, and no room beyond the limit", () => {
    const budget = budgetOf(100n);
    budget.admit(1, 10n);
    budget.settle(1_000n, 0n);
    expect(fill(budget, 1n)).toBe(100);
  });

  test("without limits all is let in", () => {
    for (const budget of [new Budget(NO_LIMITS), budgetOf(undefined)]) {
      expect(budget.isLimited).toBe(false);
      expect([budget.admit(1e15, 10n ** 30n), budget.admit(1, undefined)]).toEqual(["admitted", "admitted"]);
    }
    expect([budgetOf(0n).isLimited, budgetOf(undefined, { tokens: 0 }).isLimited]).toEqual([true, true]);
  });

  test("tokens are not given back, but for what was turned away, and 0 of them is a limit", () => {
    const budget = budgetOf(undefined, { tokens: 10 });
    expect([budget.admit(6, 1n), budget.admit(5, 1n), budget.admit(4, 1n)]).toEqual(["admitted", "over", "admitted"]);
    budget.settle(2n, 0n);
    expect(budget.admit(1, 1n)).toBe("over");
    expect(budgetOf(undefined, { tokens: 0 }).admit(1, 1n)).toBe("over");
    budget.settle(2n, 0n, 6);
    expect([budget.admit(7, 1n), budget.admit(6, 1n)]).toEqual(["over", "admitted"]);
  });

  test("where money is limited, what has no known price is not taken for free", () => {
    expect(budgetOf(10n ** 18n).admit(1, undefined)).toBe("over");
    expect(budgetOf(undefined, { tokens: 5 }).admit(5, undefined)).toBe("admitted");
  });

  describe("on a guess", () => {
    test("one goes ahead, or as many as a tenth pays for, until something is settled", () => {
      const dear = budgetOf(100n, { reliance: new Trust("guess") });
      expect([dear.admit(1, 60n), dear.admit(1, 1n)]).toEqual(["admitted", "wait"]);
      expect(fill(budgetOf(1_000n, { reliance: new Trust("guess") }), 3n)).toBe(33);
      expect(budgetOf(100n, { reliance: new Trust("guess") }).admit(1, 101n)).toBe("over");
    });

    test("what has been spent by then counts", () => {
      const guess = { maxCost: 1_000n, tokens: undefined, reliance: new Trust("guess") };
      expect(fill(new Budget(guess, { cost: 40n, tokens: 0 }), 10n)).toBe(6);
      expect(fill(new Budget(guess, { cost: 900n, tokens: 0 }), 10n)).toBe(1);
    });

    test("it is told of every settlement, and believed at once when it has learned", () => {
      const trust = new Trust("guess");
      const budget = budgetOf(1_000n, { reliance: trust });
      expect(fill(budget, 10n)).toBe(10);
      trust.kind = "bound";
      expect(fill(budget, 10n)).toBe(90);
      budget.settle(1_000n, 500n);
      expect(trust.settlements).toBe(1);
      expect(fill(budget, 10n)).toBe(50);
    });
  });

  describe("by the mean of others", () => {
    test("with nothing spent there is no mean, and it is a guess", () => {
      expect(fill(budgetOf(1_000n, { reliance: new Trust("mean") }), 10n)).toBe(10);
    });

    test("the more were asked and the more are under way, the less is kept free in proportion", () => {
      const reliance = new Trust("mean");
      const shares = [10n, 100n, 1_000n, 10_000n].map((size) => {
        const maxCost = 100n * size * 2n;
        const budget = new Budget({ maxCost, tokens: undefined, reliance }, { cost: maxCost / 2n, tokens: 0 });
        return fill(budget, 100n) / Number(size);
      });
      expect(shares).toEqual(shares.toSorted((a, b) => a - b));
      expect(shares[0]).toBeGreaterThan(0.1);
      expect(shares.at(-1)).toBeGreaterThan(0.9);
      expect(shares.at(-1)).toBeLessThan(1);
    });

    test("requests whose costs vary as much as half their mean stay below the limit, and use most of it", () => {
      const random = new SeededRandom("costs");
      // Uniform from 0.13 to 1.87 of the mean: a standard deviation of half the mean.
      const costOf = () => BigInt(Math.round(1_000 * (0.13 + 1.74 * random.next())));
      for (let round = 0; round < 100; round++) {
        const { spent } = spendAll(200_000n, costOf);
        expect(spent).toBeLessThanOrEqual(200_000n);
        expect(spent).toBeGreaterThan(180_000n);
      }
    });

    test("one that is much dearer than the others is reckoned with as one of its kind", () => {
      const reliance = new Trust("mean");
      const budgetWith = (first: bigint) => {
        const budget = new Budget({ maxCost: 100_000n, tokens: undefined, reliance }, { cost: 50_000n, tokens: 0 });
        budget.admit(1, first);
        return fill(budget, 10n);
      };
      expect(budgetWith(5_000n)).toBeLessThan(budgetWith(10n) - 500);
    });
  });
});

/** Asks in waves, each by the mean of all before, until no more is let in. */
function spendAll(maxCost: bigint, costOf: () => bigint): { readonly spent: bigint } {
  const trust = new Trust("guess");
  const budget = budgetOf(maxCost, { reliance: trust });
  let [spent, count] = [0n, 0n];
  for (;;) {
    const mean = count === 0n ? 500n : spent / count;
    const admitted = fill(budget, mean);
    if (admitted === 0) return { spent };
    const billed = Array.from({ length: admitted }, costOf).reduce((sum, cost) => sum + cost, 0n);
    budget.settle(mean * BigInt(admitted), billed);
    spent += billed;
    count += BigInt(admitted);
    trust.kind = "mean";
  }
}
