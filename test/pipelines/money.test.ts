import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { ConfigurationError, EXIT } from "../../src/core/errors.ts";
import { apiKeyIdOf, Money, type MoneyOptions, openBudget } from "../../src/pipelines/money.ts";
import type { Price } from "../../src/pricing/price.ts";
import { billed, spend, submitted } from "../ledger/billing.ts";
import { LedgerBench, sqliteBackEnd } from "../ledger/harness.ts";
import { LogBook } from "../stages/support.ts";

/** 1 for a token in, 10 for one out; four times that above 1,000 in; live prices only above 5,000. */
const PRICE: Price = {
  batch: { input: 1n, cachedInput: 1n, output: 10n },
  live: { input: 2n, cachedInput: 2n, output: 20n },
  tiers: [
    { aboveInputTokens: 1_000, batch: { input: 4n, cachedInput: 4n, output: 40n } },
    { aboveInputTokens: 5_000, live: { input: 9n, cachedInput: 9n, output: 90n } },
  ],
  origin: "test",
};

/** Money on a ledger of its own, and how often that was looked at. */
class Purse extends LedgerBench {
  looks = 0;
  readonly log = new LogBook();

  constructor() {
    super(sqliteBackEnd);
  }

  money(given: Partial<MoneyOptions> = {}): Money {
    const { ledger } = this;
    const meanOutput: typeof ledger.meanOutput = (provider, model) => {
      this.looks++;
      return ledger.meanOutput(provider, model);
    };
    const facts = {
      provider: "p",
      model: "m",
      price: PRICE,
      mode: () => "batch" as const,
      expectedOutput: undefined,
    } as const;
    return new Money({ ledger: { ...ledger, meanOutput }, ...facts, ...given });
  }

  budget(money: Money, limits: { maxCost?: bigint; tokenLimit?: number }, run = this.run("s")) {
    const { ledger, log } = this;
    const { maxCost, tokenLimit } = limits;
    return openBudget({ maxCost, tokenLimit }, money, { ledger, run, model: "m", log });
  }
}

describe("estimates", () => {
  test("take what the user says of the output, however much else was seen", () => {
    const purse = new Purse();
    spend(purse, purse.run("s"), { a: billed(1n, { output: 900 }) });
    const money = purse.money({ expectedOutput: 5 });
    expect([money.estimate(100), money.expectedOutput, money.kind]).toEqual([150n, 5, "bound"]);
    expect([purse.money({ expectedOutput: 0 }).estimate(100), purse.looks]).toEqual([100n, 0]);
  });

  test("else what this run's replies were like, else those of the model, else 200 tokens", () => {
    const purse = new Purse();
    const run = purse.run("s");
    const money = purse.money();
    expect([money.expectedOutput, money.estimate(100), money.kind]).toEqual([undefined, 2_100n, "guess"]);
    spend(purse, purse.run("other"), { a: billed(1n, { output: 3 }), b: billed(1n, { output: 4 }) });
    money.follow(run, { isCareful: false });
    expect([money.expectedOutput, money.estimate(100), money.kind]).toEqual([4, 140n, "guess"]);
    spend(purse, run, { c: billed(1n, { output: 500 }) });
    money.settled();
    expect([money.expectedOutput, money.estimate(100), money.kind]).toEqual([500, 5_100n, "mean"]);
  });

  test("a run that is gone on with has learned already", () => {
    const purse = new Purse();
    const run = purse.run("s");
    spend(purse, run, { c: billed(1n, { output: 7 }) });
    const money = purse.money();
    money.follow(run, { isCareful: false });
    expect([money.kind, money.expectedOutput]).toEqual(["mean", 7]);
  });

  test("are by the tier of the request, and unknown where that has no price for the mode", () => {
    const money = new Purse().money({ expectedOutput: 1 });
    expect([1_000, 1_001, 5_000, 5_001].map((tokens) => money.estimate(tokens))).toEqual([
      1_010n,
      4_044n,
      20_040n,
      undefined,
    ]);
    const unknown = new Purse().money({ price: undefined });
    expect([unknown.estimate(1), unknown.isPriced, money.isPriced]).toEqual([undefined, false, true]);
  });

  test("the ledger is looked at once in a thousand of them, also as long as there is nothing to be seen", () => {
    const purse = new Purse();
    const money = purse.money();
    for (let count = 0; count < 10_000; count++) money.estimate(count);
    expect(purse.looks).toBeGreaterThan(5);
    expect(purse.looks).toBeLessThan(15);
    money.settled();
    const before = purse.looks;
    money.estimate(1);
    expect(purse.looks).toBe(before + 1);
  });
});

test("costs are those of the usage; where nobody says what was written into the cache, nothing was", () => {
  const money = new Purse().money({
    price: { batch: { input: 10n, cachedInput: 1n, cacheWrite: 100n, output: 1_000n }, tiers: [], origin: "test" },
  });
  const usage = { input: 7, cached: 4, output: 2, reasoning: 1 };
  expect([money.costOf(usage, "batch"), money.costOf({ ...usage, cacheWritten: 3 }, "batch")]).toEqual([
    2_034n,
    2_304n,
  ]);
  expect(money.costOf({ ...usage, cached: 8 }, "batch")).toBeUndefined();
});

describe("a run's budget", () => {
  test("of money needs a price, and says what to do without one; of tokens it needs none", () => {
    const purse = new Purse();
    const unpriced = purse.money({ price: undefined });
    const open = () => purse.budget(unpriced, { maxCost: 1n });
    expect(open).toThrow(ConfigurationError);
    expect(open).toThrow(expect.objectContaining({ exitStatus: EXIT.configuration, hint: expect.any(String) }));
    expect(purse.budget(unpriced, { tokenLimit: 5 }).admit(5, unpriced.estimate(5))).toBe("admitted");
    expect(purse.budget(unpriced, {}).isLimited).toBe(false);
  });

  test("goes on from what earlier executions of the run have taken", () => {
    const purse = new Purse();
    const run = purse.run("s");
    spend(purse, run, { a: billed(60n) }, { tokens: 8 });
    submitted(purse, run, ["b"], { tokens: 90 });
    const money = purse.money({ expectedOutput: 0 });
    const budget = purse.budget(money, { maxCost: 100n, tokenLimit: 200 }, run);
    expect([budget.admit(103, 0n), budget.admit(1, 41n), budget.admit(102, 40n)]).toEqual([
      ...["over", "over", "admitted"],
    ]);
  });

  test("warns of the pilot where money is limited and nothing is known of this run's answers, and only there", () => {
    const purse = new Purse();
    const run = purse.run("s");
    spend(purse, purse.run("other"), { a: billed(1n) });
    purse.budget(purse.money(), { tokenLimit: 5 }, run);
    purse.budget(purse.money({ expectedOutput: 5 }), { maxCost: 10n ** 9n }, run);
    expect(purse.log.warnings).toEqual([]);
    purse.budget(purse.money(), { maxCost: 10n ** 9n }, run);
    expect(purse.log.warnings).toEqual([expect.stringContaining("a tenth of --max-cost")]);
    spend(purse, run, { b: billed(1n) });
    purse.budget(purse.money(), { maxCost: 10n ** 9n }, run);
    expect(purse.log.warnings).toHaveLength(1);
  });

  test("takes the answers of another prompt for no more than a guess", () => {
    const purse = new Purse();
    spend(purse, purse.run("short answers"), { a: billed(1n, { output: 1 }) });
    const money = purse.money();
    const run = purse.run("s");
    const budget = purse.budget(money, { maxCost: 85_000n }, run);
    const admitted = () => {
      let count = 0;
      while (budget.admit(10, money.estimate(10)) === "admitted") count++;
      return count;
    };
    // With 200 tokens each, a tenth pays for four.
    expect([money.estimate(10), admitted()]).toEqual([2_010n, 4]);
    const reply = billed(1_010n, { output: 100 });
    spend(purse, run, { b: reply, c: reply, d: reply, e: reply });
    budget.settle(8_040n, 4_040n);
    expect([money.kind, money.estimate(10)]).toEqual(["mean", 1_010n]);
    // Known by four only, they may well differ: more than half of what is left is kept free, at first.
    expect(admitted()).toBe(30);
  });
});

test("a key is told from another by 8 hex digits of its hash, and cannot be told", () => {
  const hash = createHash("sha256").update("sk-secret").digest("hex");
  expect([apiKeyIdOf("sk-secret"), apiKeyIdOf(undefined)]).toEqual([hash.slice(0, 8), undefined]);
  expect(apiKeyIdOf("sk-other")).not.toBe(apiKeyIdOf("sk-secret"));
});
