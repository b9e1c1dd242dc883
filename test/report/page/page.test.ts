import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { html, scriptJson } from "../../../src/report/page/html.ts";
import { renderPage } from "../../../src/report/page/page.ts";
import type { RunReport } from "../../../src/report/run-report.ts";
import { at, judgedParts, runReport, span } from "./reports.ts";

const HOSTILE = `</script><!--<script>alert("&'`;
const assets = { style: "p{}", scripts: ["one()", "const end = '</script>' + '<!--';"] };

function render(report: RunReport): string {
  return renderPage(report, assets, { usd: (amount) => (amount === null ? "unknown" : `$${Number(amount) / 1e12}`) });
}

test("what is put into HTML is escaped, and what is HTML is not", () => {
  const rows = ["a<b", `"&'`].map((text) => html`<td title="${text}">${text}</td>`);
  expect(html`<tr>${rows}${undefined}${3}</tr>`.text).toBe(
    '<tr><td title="a&lt;b">a&lt;b</td><td title="&quot;&amp;&#39;">&quot;&amp;&#39;</td>3</tr>',
  );
  expect(scriptJson({ a: HOSTILE }).text).not.toContain("<");
  expect(JSON.parse(scriptJson({ a: HOSTILE }).text)).toEqual({ a: HOSTILE });
});

test("names from data end no element, wherever they stand", () => {
  const { run, models, scores } = runReport();
  const hostile = runReport({
    ...judgedParts([HOSTILE, "b"], HOSTILE),
    run: { ...run, label: HOSTILE },
    models: models.map((one) => ({ ...one, model: HOSTILE })),
    scores: scores.map((one) => ({ ...one, field: HOSTILE })),
    failures: { of: "rows", by_code: { [HOSTILE]: 2 } },
    batches: { total: 1, every: 1, listed: [span({ batch_id: HOSTILE, model: HOSTILE, status: HOSTILE })] },
  });
  const count = (page: string, what: string) => page.split(what).length - 1;
  const [page, plain] = [render(hostile), render(runReport(judgedParts(["a", "b"])))];
  for (const mark of ["<script", "</script", "<!--"])
    expect([mark, count(page, mark)]).toEqual([mark, count(plain, mark)]);
  expect(page).toContain("&lt;/script&gt;&lt;!--&lt;script&gt;alert(&quot;&amp;&#39;");
});

test("the browser is told to run these scripts and to load nothing", () => {
  const page = render(runReport());
  const policy =
    /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1]?.replaceAll("&#39;", "'") ?? "";
  const scripts = Array.from(page.matchAll(/<script>(.*?)<\/script>/gs), ([, text = ""]) => text);
  expect(scripts).toEqual(["one()", "const end = '<\\/script>' + '<\\!--';"]);
  const hashes = scripts.map((text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`);
  expect(policy).toBe(
    `default-src 'none'; script-src ${hashes.join(" ")}; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'`,
  );
  expect(page).not.toMatch(/\b(src|href)=/);
});

test("without a script every number is in a table", () => {
  const page = render(runReport()).replaceAll(/<script.*?<\/script>/gs, "");
  for (const row of [
    '<td class="">good</td><td class="number">5</td><td class="number">62.5%</td>',
    '<td class="">refused</td><td class="number">2</td><td class="number">100.0%</td>',
    '<td class="number">100</td><td class="number">20</td><td class="number">50</td>',
    '<td class="">estimated</td><td class="number">$0.003</td>',
    '<td class="">queued</td><td class="number">1</td><td class="number">10 s</td>',
  ]) {
    expect(page).toContain(row);
  }
  expect(page).not.toMatch(/undefined|NaN|\[object/);
});

test("of a run that has not come to an end there are requests, and nothing that is not known", () => {
  const page = render(
    runReport({
      run: { ...runReport().run, state: "running", exit_status: null, ended_at: null, seconds: null },
      rows: null,
      scores: [],
      models: [],
      failures: { of: "requests", by_code: {} },
      estimate: {
        input_tokens: { estimated: null, billed: null, error_percent: null },
        cost_usd: { estimated: null, billed: null, error_percent: null },
      },
      batches: { total: 1, every: 1, listed: [span({ ended_at: null, settled_at: null })] },
    }),
  );
  expect(page).toContain("No execution of this run has come to an end yet");
  expect(Array.from(page.matchAll(/<section id="(\w+)"/g), ([, id]) => id)).toEqual([
    "overview",
    "failures",
    "batches",
  ]);
  expect(page).not.toMatch(/undefined|NaN|\[object/);
});

test("of a run that was answered out of the ledger there is what that has saved", () => {
  const run = { ...runReport().run, saved_usd: 5_000_000_000n };
  const page = render(runReport({ run, models: [], batches: { total: 0, every: 1, listed: [] } }));
  expect(page).toContain("<b>$0</b><span>$0.005 saved by the ledger</span>");
  expect(page).not.toContain('id="models"');
});

test("a run of very many batches makes a small page", () => {
  const listed = Array.from({ length: 200 }, (_, index) =>
    span({ chunk: `r1-${index}`, submitted_at: at(index), settled_at: at(index + 300) }),
  );
  const page = render(runReport({ batches: { total: 4_000, every: 20, listed } }));
  expect(page).toContain("4,000 batches, oldest first");
  expect(page).toContain("one in 20 is shown");
  expect(page.length).toBeLessThan(300_000);
});

test("where nothing could be compared, that is said", () => {
  const { labels, probe, judging } = judgedParts(["a"]);
  const nothing = { scale: null, values: null, confusion: null, accuracy: null, kappa: null };
  const weights = { kappa_linear: null, kappa_quadratic: null };
  const report = runReport({
    labels: { ...labels, ...nothing, ...weights, compared: 0, answer: null },
    probe: { ...probe, previous: null, compared: 0 },
    judging: { ...judging, rows_agreed: 0, rows_disagreed: 0 },
    pairs: { consistent: 0, inconsistent: 0 },
  });
  const page = render(report);
  expect(page).toContain(
    "the answer with score, 0 compared, 3 without a label, 4 without an answer: nothing to compare",
  );
  expect(page).toContain("50 rows of score, 49 answered, 1 failed: asked for the first time");
  expect(page).not.toContain('id="pairs"');
  const many = render(runReport({ labels: { ...labels, ...nothing, ...weights } }));
  expect(many).toContain("too many different values");
  const later = render(runReport({ probe: { ...probe, compared: 0 } }));
  expect(later).toContain("nothing to compare since run 6");
});
