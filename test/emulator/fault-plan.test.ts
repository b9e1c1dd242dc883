import { describe, expect, test } from "vitest";
import { ConfigurationError } from "../../src/core/errors.ts";
import { FaultPlan } from "../../src/emulator/fault-plan.ts";
import { checkFaultRates, FAULTS, type FaultRates } from "../../src/emulator/faults.ts";
import { startEmulator } from "../../src/emulator/server.ts";
import { temporaryDirectory } from "./support.ts";

const OCCASIONS = Array.from({ length: 20_000 }, (_, index) => `occasion ${index}`);
const planOf = (rates: FaultRates, seed = 1) => new FaultPlan({ seed, rates });

describe("draws", () => {
  test.for([0.01, 0.2, 0.5, 0.9])("meet the rate %d", (rate) => {
    const plan = planOf({ hang: rate });
    const struck = OCCASIONS.filter((occasion) => plan.strikes("hang", occasion)).length;
    // Five standard deviations of a binomial count.
    const tolerance = 5 * Math.sqrt(OCCASIONS.length * rate * (1 - rate));
    expect(Math.abs(struck - OCCASIONS.length * rate)).toBeLessThan(tolerance);
  });

  test("strike always at 1 and never at 0, or when nobody named the fault", () => {
    const plan = planOf({ hang: 1, lag: 0 });
    expect(OCCASIONS.every((occasion) => plan.strikes("hang", occasion))).toBe(true);
    expect(OCCASIONS.some((occasion) => plan.strikes("lag", occasion) || plan.strikes("line_lost", occasion))).toBe(
      false,
    );
  });

  test("are the same for the same seed, and others for another seed, fault or occasion", () => {
    const draws = (plan: FaultPlan, name: "hang" | "lag") =>
      OCCASIONS.map((occasion) => (plan.strikes(name, occasion) ? 1 : 0)).join("");
    const rates = { hang: 0.5, lag: 0.5 };
    const first = draws(planOf(rates), "hang");
    expect(draws(planOf(rates), "hang")).toBe(first);
    expect(draws(planOf(rates, 2), "hang")).not.toBe(first);
    expect(draws(planOf(rates), "lag")).not.toBe(first);
  });

  test("of several faults that would strike, each is picked as often as the others of its rate", () => {
    const plan = planOf({ hang: 1, overloaded: 1, reset_after: 1, rate_limit: 0 });
    const names = plan.namesOf("call");
    expect(names.toSorted()).toEqual(["hang", "overloaded", "reset_after"]);
    const picked = OCCASIONS.map((occasion) => plan.pick(names, occasion));
    for (const name of names) {
      const share = picked.filter((found) => found === name).length / OCCASIONS.length;
      expect(share).toBeCloseTo(1 / 3, 1);
    }
    expect(planOf({}).pick(names, "occasion")).toBeUndefined();
  });

  test("a share is somewhere from 0 to 1, and stays", () => {
    const shares = OCCASIONS.map((occasion) => planOf({}).shareOf("reset_before", occasion));
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...shares)).toBeLessThan(1);
    expect(shares.reduce((sum, share) => sum + share, 0) / shares.length).toBeCloseTo(0.5, 1);
  });
});

describe("rates", () => {
  test("all holds for every fault that is not named itself", () => {
    const plan = planOf({ all: 1, hang: 0, lag: 0.5 });
    const struck = (name: keyof typeof FAULTS) => OCCASIONS.filter((occasion) => plan.strikes(name, occasion)).length;
    expect([struck("line_lost"), struck("hang")]).toEqual([OCCASIONS.length, 0]);
    expect(struck("lag") / OCCASIONS.length).toBeCloseTo(0.5, 1);
    const kinds = ["call", "content", "look", "line", "ending", "report"] as const;
    expect(kinds.flatMap((kind) => plan.namesOf(kind))).toHaveLength(Object.keys(FAULTS).length - 1);
  });

  test("an unknown fault is an error that names the nearest, and all", () => {
    const check = () => checkFaultRates({ rate_limt: 0.5 });
    expect(check).toThrow(ConfigurationError);
    expect(check).toThrow('unknown fault "rate_limt"');
    try {
      check();
    } catch (error) {
      const hint = error instanceof ConfigurationError ? error.hint : "";
      expect(hint).toContain('Did you mean "rate_limit"?');
      for (const name of [...Object.keys(FAULTS), "all"]) expect(hint).toContain(name);
    }
  });

  test.for([-0.1, 1.1, Number.NaN, "0.5", null, true])("%s is no rate", (rate) => {
    expect(() => checkFaultRates({ hang: rate })).toThrow("is no number from 0 to 1");
  });

  test("an emulator does not start with wrong ones", async () => {
    const directory = await temporaryDirectory();
    await expect(startEmulator({ directory, faults: { seed: 1, rates: { hang: 2 } } })).rejects.toThrow(
      ConfigurationError,
    );
  });
});
