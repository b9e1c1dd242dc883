import { describe, expect, test, vi } from "vitest";
import { DIRECTIVE_NAMES, findDirectives } from "../../src/emulator/directives.ts";
import { FAULTS } from "../../src/emulator/faults.ts";
import { readPage } from "../docs/markdown.ts";
import { PageRun } from "../docs/page-run.ts";
import { section, tableRows } from "../docs/pages.ts";

vi.setConfig({ testTimeout: 120_000 });

const page = readPage("docs/emulator.md");
const KINDS = ["Calls", "Downloads", "Lists and look-ups", "Result lines", "Batches"];

/** The first cells of the tables under a heading, as code without its marks. */
function namesUnder(heading: string): readonly string[] {
  return tableRows(section(page, heading)).map(([name = ""]) => name.replaceAll("`", ""));
}

describe("docs/emulator.md", () => {
  test("has a row for every fault, and for none other", () => {
    expect(KINDS.flatMap((kind) => namesUnder(`### ${kind}`))).toEqual(Object.keys(FAULTS));
  });

  test("has a row for every directive, all of them right", () => {
    const found = namesUnder("## Single rows").flatMap((text) => findDirectives(text));
    const named = [...new Set(found.map(({ name }) => name))].sort();
    expect(named).toEqual([...DIRECTIVE_NAMES].sort());
  });

  test("does what it says", async () => {
    expect(await new PageRun(page).failures()).toEqual([]);
  });
});
