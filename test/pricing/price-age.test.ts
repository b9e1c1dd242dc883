import { expect, test } from "vitest";
import { ageWarning } from "../../src/pricing/price-age.ts";

const updated = "2026-01-01";
const after = (days: number) => Date.parse(updated) + days * 86_400_000;

test("a table of up to 180 days is young enough, and so is one from tomorrow", () => {
  for (const days of [-1, 0, 180, 180.99]) expect(ageWarning({ updated }, after(days))).toBeUndefined();
});

test("an older one is told with its date and age", () => {
  expect(ageWarning({ updated }, after(181))).toMatch(/of 2026-01-01, 181 days old: .*prices:/);
});
