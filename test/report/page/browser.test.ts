import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { readReportAssets } from "../../../src/cli/report-assets.ts";
import { renderPage } from "../../../src/report/page/page.ts";
import { BIN, jsonl, numbered } from "../../cli-contract/support.ts";
import { runProgram, temporaryFolder } from "../../run-program.ts";
import { look, type Sight, startBrowser, type View } from "./browser.ts";
import { at, judgedParts, runReport, span } from "./reports.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const SCHEMA = {
  type: "object",
  additionalProperties: false,
  required: ["score", "share", "label"],
  properties: {
    score: { type: "integer", minimum: 1, maximum: 5 },
    share: { type: "number", minimum: 0, maximum: 1 },
    label: { type: "string", enum: ["good", "</script><b>bad</b>", "neither, and this is a rather long name for it"] },
  },
};

let browser: Browser;
let folder: string;

/** The page of a run on the emulator. */
async function realPage(): Promise<string> {
  writeFileSync(join(folder, "schema.json"), JSON.stringify(SCHEMA));
  writeFileSync(join(folder, "in.jsonl"), jsonl([...numbered(90), { id: 90, response: "[[emulator:refuse]]" }]));
  const state = ["--state-dir", join(folder, "state")];
  const grade = ["grade", "in.jsonl", "--provider", "emulator", "--schema", "schema.json", "--chunk-rows", "30"];
  const graded = await runProgram(process.execPath, [BIN, ...grade, "-o", "out.jsonl", ...state], { cwd: folder });
  expect(graded.status, graded.stderr).toBe(1);
  const made = await runProgram(process.execPath, [BIN, "report", "-o", "page.html", ...state], { cwd: folder });
  expect(made.status, made.stderr).toBe(0);
  return join(folder, "page.html");
}

let path: string;

beforeAll(async () => {
  folder = temporaryFolder("report");
  [browser, path] = await Promise.all([startBrowser(), realPage()]);
});

afterAll(() => browser.close());

function see(page: string, view: View): Promise<Sight> {
  return look(browser, page, view, `${page}-${view.scheme}-${view.width}.png`);
}

test.each([
  { scheme: "light", width: 1400 },
  { scheme: "dark", width: 1400 },
  { scheme: "light", width: 400 },
  { scheme: "dark", width: 400 },
] as const)("in %o every chart is drawn, within the page, and nothing is loaded", async (view) => {
  const sight = await see(path, view);
  expect(sight.complaints).toEqual([]);
  expect(sight.scrollWidth).toBeLessThanOrEqual(view.width);
  expect(sight.charts.map(({ title }) => title)).toEqual([
    "grade.score",
    "grade.share",
    "grade.label",
    "Failed rows by code",
    "Tokens billed",
    "Cost",
    "Input tokens",
    "Cost",
    expect.stringMatching(/^\d batches, oldest first$/),
  ]);
  for (const { title, bars, outside } of sight.charts) expect([title, bars > 0, outside]).toEqual([title, true, 0]);
  expect(statSync(`${path}-${view.scheme}-${view.width}.png`).size).toBeGreaterThan(20_000);
});

test("without scripts the tables are open; with them the charts stand for them", async () => {
  const view = { scheme: "light", width: 500 } as const;
  const [without, drawn] = [await see(path, { ...view, hasScripts: false }), await see(path, view)];
  expect(without).toMatchObject({ complaints: [], tables: 12, scrollWidth: 500 });
  expect(without.charts.every(({ bars }) => bars === 0)).toBe(true);
  expect(drawn.tables).toBe(0);
});

test("control: a page that loads something, or that breaks, is complained of", async () => {
  const page = join(folder, "broken.html");
  writeFileSync(page, `<img src="http://127.0.0.1:9/a.png"><script>null.x</script>`);
  const { complaints } = await see(page, { scheme: "light", width: 400 });
  expect(complaints.join()).toMatch(/request: http:.*a\.png/);
  expect(complaints.join()).toMatch(/TypeError/);
});

test("a light page and a dark one have other colours", async () => {
  const [light, dark] = [
    await see(path, { scheme: "light", width: 800 }),
    await see(path, { scheme: "dark", width: 800 }),
  ];
  expect(light.background).not.toBe(dark.background);
  expect(light.charts[0]?.fill).toMatch(/^rgb/);
  expect(light.charts[0]?.fill).not.toBe(dark.charts[0]?.fill);
});

test("very many batches, values and models stay within the page, too", async () => {
  const name = "a-rather-long-name-of-a-model-2026-11-21";
  const [model] = runReport().models;
  const values = Array.from({ length: 60 }, (_, index) => ({
    value: `${"label ".repeat(9)}${index}`,
    count: index * 999_999,
  }));
  const bins = Array.from({ length: 50 }, (_, index) => ({
    from: index * 2e10,
    to: (index + 1) * 2e10,
    count: index * 99_999,
  }));
  const quantiles = { p5: 1e10, p25: 2e11, p50: 5e11, p75: 7e11, p95: 9e11 };
  const listed = Array.from({ length: 200 }, (_, index) =>
    span({ submitted_at: at(index), settled_at: at(index + 300) }),
  );
  const report = runReport({
    scores: [
      { field: "grade.label", kind: "category", answers: 9e9, absent: 0, others: 7, values },
      {
        ...{ field: "grade.size", kind: "number", answers: 9e9, absent: 5, exact: false, bins },
        min: 1,
        max: 1e12,
        mean: 5e11,
        quantiles,
      },
    ],
    models: model === undefined ? [] : ["a", "b", "c"].map((end) => ({ ...model, model: `${name}-${end}` })),
    batches: { total: 40_000, every: 200, listed },
  });
  const page = join(folder, "many.html");
  writeFileSync(page, renderPage(report, await readReportAssets(), { usd: () => "$1,234,567.89" }));
  const sight = await see(page, { scheme: "light", width: 400 });
  expect([sight.complaints, sight.scrollWidth]).toEqual([[], 400]);
  for (const { title, bars, outside } of sight.charts) expect([title, bars > 0, outside]).toEqual([title, true, 0]);
});

const LONG = "a-rather-long-name-of-a-thing-2026-11-21";

test.each([
  { values: ["1", "2", "3", "4", "5"], width: 1400, scheme: "light" },
  { values: ["1", "2", "3", "4", "5"], width: 1400, scheme: "dark" },
  { values: ["a", "b", LONG], width: 400, scheme: "light" },
  { values: Array.from({ length: 100 }, (_, index) => `${LONG} ${index}`), width: 400, scheme: "dark" },
] as const)("labels, judges, pairs and a probe: $width wide, $scheme", async ({ values, ...view }) => {
  const page = join(folder, `judged-${values.length}.html`);
  const report = runReport(judgedParts(values, values.length === 5 ? "score" : LONG));
  writeFileSync(page, renderPage(report, await readReportAssets(), { usd: String }));
  const sight = await see(page, view);
  expect([sight.complaints, sight.scrollWidth]).toEqual([[], view.width]);
  expect(sight.charts.slice(1, 7).map(({ title }) => title)).toEqual([
    "Figures of agreement",
    "Confusion matrix",
    "Rows by agreement",
    "Answers by judge",
    "Verdicts by order",
    expect.stringContaining("since run 6 of 2026-11-21 10:00 UTC"),
  ]);
  for (const { title, bars, outside } of sight.charts) expect([title, bars > 0, outside]).toEqual([title, true, 0]);
});
