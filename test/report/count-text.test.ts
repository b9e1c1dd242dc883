import { describe, expect, test } from "vitest";
import type { CountDetails, CountFigures, CountReport, ExpectedOutput } from "../../src/report/count.ts";
import { formatCountReport } from "../../src/report/count-text.ts";

const figures: CountFigures = {
  rows: 3,
  bad_rows: 1,
  bytes: 2_500,
  tokens: { total: 300, mean: 150, min: 100, max: 200, p50: 100, p95: 200, p99: 200 },
  chunks: 2,
  over_context: 0,
};
const report: CountReport = {
  model: "gpt-4.1-mini",
  encoding: "o200k_base",
  files: [{ path: "a.jsonl", ...figures }],
  total: figures,
  estimate: { batch_usd: null, live_usd: null, expected_output_tokens: null },
  tokens_of_schema: 0,
  overhead_tokens: null,
};
const details: CountDetails = {
  distribution: [
    [100, 1],
    [200, 1],
  ],
  costs: { batch: "$1.00", live: "$2.00" },
  pricesAsOf: undefined,
  expected: { tokens: null, source: "unknown" },
  limits: { requests: 50_000, bytes: 200_000_000, tokens: Number.POSITIVE_INFINITY },
  contextWindow: undefined,
};

function linesOf(given: Partial<CountReport> = {}, said: Partial<CountDetails> = {}): readonly string[] {
  return formatCountReport({ ...report, ...given }, { ...details, ...said }).split("\n");
}

describe("formatCountReport", () => {
  test("has a line per file, and one for all only where there are several", () => {
    expect(linesOf().filter((line) => line.startsWith("total"))).toEqual([]);
    const files = [...report.files, { ...figures, path: "-" }, { ...figures, path: "b\u001b[2J" }];
    const several = linesOf({ files });
    expect(several.filter((line) => line.startsWith("total"))).toHaveLength(2);
    expect(several.filter((line) => line.startsWith("stdin"))).toHaveLength(2);
    expect(several.join()).not.toContain("\u001b");
  });

  test("has dashes for what is not there, and no histogram", () => {
    const tokens = { total: 0, mean: null, min: null, max: null, p50: null, p95: null, p99: null };
    const empty = { ...figures, rows: 0, bad_rows: 0, tokens };
    const lines = linesOf({ files: [{ path: "a", ...empty }], total: empty }, { distribution: [] });
    expect(lines).toContainEqual(expect.stringMatching(/^a +0 +- +- +- +- +- +-$/));
    expect(lines.join("\n")).not.toContain("requests\n");
  });

  test("has what earlier runs were billed beyond the count in the place of what the schema may take", () => {
    const lines = linesOf({ tokens_of_schema: 70, overhead_tokens: 64 });
    expect(lines).toContain("overhead  64 tokens more in each request, as earlier runs were billed:");
    expect(lines.join()).not.toContain("schema");
    expect(linesOf({ tokens_of_schema: 70, overhead_tokens: 0 }).join()).toContain("schema ");
  });

  test.each<[ExpectedOutput, string]>([
    [{ tokens: 1, source: "expected" }, "with 1 output token a request, as expected"],
    [{ tokens: 2_000, source: "limit" }, "with 2,000 output tokens a request, the most that are allowed"],
    [{ tokens: 7, source: "seen" }, "with 7 output tokens a request, the mean of earlier runs"],
    [{ tokens: 0, source: "none-needed" }, "of the input; embeddings have no output"],
    [{ tokens: null, source: "unknown" }, "of the input alone; --expect-output-tokens N adds the output"],
  ])("says with %j: %s", (expected, words) => {
    const lines = linesOf({}, { expected });
    expect(lines[lines.indexOf("cost     $1.00 in batches, $2.00 live") + 1]?.trim()).toBe(words);
  });

  test("says from when the prices are, and when there is none", () => {
    expect(linesOf({}, { pricesAsOf: "2026-11-21" }).join()).toContain("live, by prices of 2026-11-21");
    expect(linesOf({}, { costs: undefined })).toContain("cost     unknown: there is no price for gpt-4.1-mini");
    expect(linesOf({ model: null }, { costs: undefined })).toContain("cost     unknown: no model is given");
  });

  test("tells limits of tokens, requests over the context window, and what the schema adds", () => {
    const limits = { ...details.limits, tokens: 2_000_000 };
    const total = { ...figures, over_context: 1 };
    const lines = linesOf({ total, tokens_of_schema: 71 }, { limits, contextWindow: 128_000 });
    expect(lines).toContain("batches  2, each of at most 50,000 requests, 200 MB, 2,000,000 tokens");
    expect(lines).toContain("context  1 request would fail: over the context window, which holds 128,000 tokens");
    expect(lines).toContain("schema   some 71 tokens more in each request, in no figure above:");
    expect(linesOf().join()).not.toMatch(/context|schema/);
  });
});
