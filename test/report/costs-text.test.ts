import { describe, expect, test } from "vitest";
import type { CostFigures, CostsReport } from "../../src/report/costs.ts";
import { type CostsTextOptions, formatCosts } from "../../src/report/costs-text.ts";

const NONE: CostFigures = {
  ...{ batches: 0, requests: 0, input_tokens: 0, cached_tokens: 0, output_tokens: 0, reasoning_tokens: 0 },
  ...{ total_tokens: 0, estimated_input_tokens: 0, input_error_percent: null },
  ...{ cost_usd: 0n, known_cost_usd: 0n, unpriced_requests: 0, estimated_cost_usd: 0n },
  ...{ saved_usd: 0n, known_saved_usd: 0n, reused_rows: 0, shared_rows: 0 },
};
const SOME: CostFigures = {
  ...NONE,
  ...{ batches: 3, requests: 1_200, input_tokens: 90_000, cached_tokens: 1_000, output_tokens: 5_000 },
  ...{ reasoning_tokens: 70, estimated_input_tokens: 89_100, input_error_percent: -1 },
  ...{ cost_usd: 12n, known_cost_usd: 12n, estimated_cost_usd: 15n },
};

const REPORT: CostsReport = {
  ...{ state_dir: "/state", ledger: true, time_zone: "Asia/Tokyo", all_time: SOME, today: NONE, window: null },
  under_way: { batches: 0, requests: 0, estimated_input_tokens: 0, estimated_cost_usd: 0n },
};

function text(given: Partial<CostsReport> = {}, most?: number): string {
  const usd: CostsTextOptions["usd"] = (amount) => (amount === undefined ? "unknown" : `$${amount}`);
  return formatCosts({ ...REPORT, ...given }, { usd, most });
}

/** The line that begins so, in cells. */
function cells(name: string, given: Partial<CostsReport>): readonly string[] {
  const line =
    text(given)
      .split("\n")
      .find((one) => one.startsWith(name)) ?? "";
  return line.split(/ {2,}/);
}

test("all time and today, and what the figures mean", () => {
  expect(text()).toBe(`\
          batches  requests  counted   input   error  cached  output  reasoning  saved  estimated  cost
all time        3     1,200   89,100  90,000  -1.00%   1,000   5,000         70     $0        $15  $12
today           0         0        0       0       -       0       0          0     $0         $0  $0

Input was billed, and counted before; the error is that of the count, where all of a batch was billed.
Days are those of Asia/Tokyo.
`);
});

test("a narrow terminal is shown what fits, and told what does not", () => {
  const usd: CostsTextOptions["usd"] = (amount) => `$${amount}`;
  const linesAt = (width: number) => formatCosts(REPORT, { usd, most: undefined, width }).split("\n");
  expect(linesAt(80).slice(0, 2)).toEqual([
    "          batches  requests   input   error  output  saved  estimated  cost",
    "all time        3     1,200  90,000  -1.00%   5,000     $0        $15  $12",
  ]);
  expect(linesAt(80).at(-2)).toBe("Left out for want of room: reasoning, cached, counted; --json has them.");
  expect(linesAt(20)[0]).toBe("          requests   input  output  saved  cost");
  expect(linesAt(200).join("\n")).toBe(text());
});

test("without a ledger it says so; with an empty one, too", () => {
  expect(text({ ledger: false })).toBe("There is no ledger in /state: nothing has been run yet.\n");
  expect(text({ all_time: NONE })).toContain("\nNothing has been billed yet.\n");
});

describe("a sum that lacks something is never shown as if it were whole", () => {
  const costOf = (figures: Partial<CostFigures>) => cells("all time", { all_time: { ...SOME, ...figures } }).at(-1);
  const partly = { cost_usd: null, known_cost_usd: 12n };

  test.each([
    [{ ...partly, unpriced_requests: 512 }, "$12 and 512 requests of unknown price"],
    [{ ...partly, unpriced_requests: 1 }, "$12 and 1 request of unknown price"],
    [{ cost_usd: null, known_cost_usd: 0n, unpriced_requests: 1_200 }, "unknown"],
    [{ cost_usd: 0n, known_cost_usd: 0n }, "$0"],
  ])("cost %#", (figures, shown) => {
    expect(costOf(figures)).toBe(shown);
  });

  test("estimates and savings", () => {
    const shown = (figures: Partial<CostFigures>) =>
      cells("all time", { all_time: { ...SOME, ...figures } }).slice(-3, -1);
    expect(shown({ estimated_cost_usd: null })).toEqual(["$0", "unknown"]);
    expect(shown({ saved_usd: null, known_saved_usd: 7n })).toEqual(["$7 + ?", "$15"]);
    expect(shown({ saved_usd: null, known_saved_usd: 0n })).toEqual(["unknown", "$15"]);
    expect(shown({ saved_usd: null, known_saved_usd: null })).toEqual(["-", "$15"]);
  });

  test("what is under way", () => {
    const underWay = { batches: 1, requests: 2_000, estimated_input_tokens: 9, estimated_cost_usd: 5n };
    expect(text({ under_way: underWay })).toContain("\nUnder way: 1 batch with 2,000 requests, estimated at $5.\n");
    const unknown = { ...underWay, batches: 2, estimated_cost_usd: null };
    expect(text({ under_way: unknown })).toContain("2 batches with 2,000 requests, estimated at an unknown price.");
  });
});

test.each([
  [0, "0.00%"],
  [12.3, "+12.30%"],
  [-0.05, "-0.05%"],
])("our count being %s percent off is shown as %s", (percent, shown) => {
  expect(cells("all time", { all_time: { ...SOME, input_error_percent: percent } })).toContain(shown);
});

test("groups stand in blocks of their own, in their order", () => {
  const shown = text({
    by_day: [{ day: "2026-11-21", ...SOME }],
    by_model: [{ model: "m\u001b[2J", ...SOME }],
    by_run: [{ run: 12, label: "in.csv → out.csv", ...SOME }],
    by_provider: [{ provider: "openai", ...SOME }],
    by_key: [
      { api_key_id: "0123abcd", ...SOME },
      { api_key_id: null, ...SOME },
    ],
  });
  const names = shown.split("\n").map((line) => line.split("  ")[0]);
  expect(names.slice(3, -3)).toEqual([
    ...["", "2026-11-21", "", "m\\u001b[2J", "", "openai", "", "0123abcd", "no key", "", "run 12", ""],
  ]);
  expect(shown).toContain("run 12  in.csv → out.csv  ");
});

test("a long name is clipped, an empty group is left out", () => {
  const shown = text({ by_run: [{ run: 1, label: "x".repeat(200), ...SOME }], by_day: [] });
  expect(shown).toContain(`run 1  ${"x".repeat(24)}…  `);
  expect(shown.match(/^$/gm)).toHaveLength(3);
});

test("of more lines than are wanted it says how many are left, and how to see them", () => {
  const days = Array.from({ length: 5 }, (_, index) => ({ day: `2026-11-0${9 - index}`, ...SOME }));
  const shown = text({ by_day: days }, 3);
  expect(shown.match(/^2026/gm)).toHaveLength(3);
  expect(shown).toContain("\nand 2 more\n");
  expect(shown).toContain("--by day, model or run shows all of them.\n");
  expect(text({ by_day: days }, 5)).not.toContain("more");
  expect(text({ by_day: days })).not.toContain("--by");
});

test("a window is told with its ends", () => {
  const window = { ...SOME, since: "2026-11-01T00:00:00.000Z", until: null };
  expect(text({ window })).toContain("\nThe window is from 2026-11-01T00:00:00.000Z.\n");
  expect(cells("in the window", { window }).at(-1)).toBe("$12");
  expect(text({ window: { ...window, until: "2026-12-01T00:00:00.000Z" } })).toContain(" up to 2026-12-01T");
  expect(text({ window: { ...window, since: null, until: "2026-12-01" } })).toContain(
    "The window is up to 2026-12-01.",
  );
});

test("rows that the ledger answered are told", () => {
  expect(text({ all_time: { ...SOME, reused_rows: 3_000, shared_rows: 2 } })).toContain(
    "\nSaved: 3,000 rows from the ledger, 2 equal to another.\n",
  );
  expect(text({ all_time: { ...SOME, shared_rows: 2 } })).toContain("Saved: 0 rows from the ledger, 2 equal");
  expect(text()).not.toContain("Saved:");
  const window = { ...SOME, since: "2026-11-01T00:00:00.000Z", until: null, reused_rows: 1, shared_rows: 0 };
  expect(text({ window })).toContain("\nSaved in the window: 1 row from the ledger, 0 equal to another.\n");
});
