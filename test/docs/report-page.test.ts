import { expect, test, vi } from "vitest";
import { sections } from "../../src/report/page/sections/index.ts";
import { readPage } from "./markdown.ts";
import { PageRun } from "./page-run.ts";
import { section, tableRows } from "./pages.ts";

vi.setConfig({ testTimeout: 180_000 });

const PAGE = readPage("docs/report.md");

/** The names of all fields in a JSON value, at any depth, but for codes of failures. */
function fieldsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(fieldsOf);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) => [name, ...(name.endsWith("by_code") ? [] : fieldsOf(field))]);
}

test("docs/report.md: its commands do what it says", async () => {
  expect(await new PageRun(PAGE).failures()).toEqual([]);
});

test("docs/report.md names every field of the summary and of report --json", async () => {
  const schema = {
    type: "object",
    required: ["label"],
    additionalProperties: false,
    properties: { label: { enum: ["a"] } },
  };
  const script = [
    `echo '${JSON.stringify(schema)}' > label.json`,
    "npx bg-pipe grade fixtures/answers.jsonl --provider emulator --schema label.json --summary label-run.json > out.jsonl",
    "npx bg-pipe grade fixtures/answers.jsonl --provider emulator --summary run.json > out.jsonl",
    "npx bg-pipe report --json > report.json",
  ].join("\n");
  const page = new PageRun(`<!-- run -->\n\`\`\`sh\n${script}\n\`\`\`\n`);
  expect(await page.failures()).toEqual([]);
  const values: unknown[] = ["run", "label-run", "report"].map((name) => JSON.parse(page.read(`${name}.json`)));
  const fields = [...new Set(values.flatMap(fieldsOf))];
  expect(fields.length).toBeGreaterThan(60);
  // Those of a run's requests are in docs/ledger.md.
  const text = `${PAGE}${readPage("docs/ledger.md")}`;
  expect(fields.filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
});

test("docs/report.md tells of every section", () => {
  const named = tableRows(section(PAGE, "## The page")).map(([name]) => name);
  const titles = sections.map(({ title }) => title).filter((title) => title !== "Overview");
  expect(named).toEqual(titles);
});
