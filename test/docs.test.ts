import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { references } from "../scripts/reference.ts";
import { commands } from "../src/cli/commands/index.ts";
import { exitCodes } from "../src/cli/exit-codes.ts";
import { definitionOf, isOptionName, optionNames } from "../src/config/options.ts";
import { codeBlocks, linksIn, readPage } from "./docs/markdown.ts";
import { MARKS, PageRun } from "./docs/page-run.ts";
import { brokenLinks, missingFiles, pages, section, tableRows, unknownNames } from "./docs/pages.ts";
import { REPOSITORY } from "./run-program.ts";

vi.setConfig({ testTimeout: 180_000 });

const files = { exists: (path: string) => existsSync(join(REPOSITORY, path)), read: readPage };
const FLAG = /(?<![\w-])--(?:no-)?([a-z][a-z-]+)/g;
const COMMAND = /\bbg-pipe ([a-z]+)\b(?! Batch)/g;

/** The pages right under docs/ that people write, but for the one that names the flags of another program. */
const GUIDES = pages()
  .filter((path) => /^docs\/[a-z-]+\.md$/.test(path) && references[path] === undefined)
  .filter((path) => path !== "docs/migrating.md");

interface Manifest {
  readonly license?: string;
  readonly engines?: { readonly node?: string };
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(REPOSITORY, folder, "package.json"), "utf8"));
}

/** The files of this repository that a page links. */
function pathsLinkedIn(page: string): string[] {
  const targets = linksIn(readPage(page)).map(({ target }) => target.replace(/#.*/, ""));
  return targets.filter((target) => target !== "").map((target) => normalize(join(dirname(page), target)));
}

/** A page's code, in blocks and in the text. */
function codeIn(page: string): string {
  return (page.match(/```[\s\S]*?```|`[^`\n]+`/g) ?? []).join("\n");
}

describe("what the pages say to type", () => {
  test("README.md: its commands do what it says", async () => {
    const page = new PageRun(readPage("README.md"));
    expect(await page.failures()).toEqual([]);
    const [rows, graded] = [readPage("fixtures/answers.jsonl"), page.read("out.jsonl")].map((text) => text.split("\n"));
    expect(graded).toHaveLength(rows?.length ?? 0);
    for (const [index, row] of rows?.entries() ?? []) expect(graded?.[index]).toContain(row.slice(0, -1));
    const summary = JSON.parse(page.read("run.json"));
    expect(summary).toMatchObject({ rows: { read: 12, written: 12, answered: 12 }, exit_status: 0 });
  });

  test.each([
    "docs/prompts.md",
    "docs/answers.md",
    "docs/costs.md",
    "docs/getting-started.md",
    "docs/pipelines.md",
    "docs/library.md",
    "docs/judges.md",
    "docs/live.md",
    "docs/emulator.md",
  ])("%s: its commands do what it says", async (path) => {
    expect(await new PageRun(readPage(path)).failures()).toEqual([]);
  });

  test("what runs again takes everything from the ledger", async () => {
    const again = "npx bg-pipe grade fixtures/answers.jsonl --provider emulator --summary run.json > again.jsonl\n";
    const page = new PageRun(`<!-- run -->\n\`\`\`sh\n${again}${again}\`\`\`\n`);
    expect(await page.failures()).toEqual([]);
    expect(JSON.parse(page.read("run.json"))).toMatchObject({ requests: { asked: 0, reused: 12 }, chunks: 0 });
  });

  test("every sh and js block of these pages is run, or says why not", () => {
    for (const path of [
      "README.md",
      "docs/prompts.md",
      "docs/answers.md",
      "docs/getting-started.md",
      "docs/library.md",
    ]) {
      const blocks = codeBlocks(readPage(path)).filter(({ language, mark }) => /^(?:sh|js|ts)$/.test(language) || mark);
      expect(blocks.filter(({ mark }) => !MARKS.test(mark)).map(({ line }) => `${path}:${line}`)).toEqual([]);
    }
  });

  test("the quick start is two commands", () => {
    const quickStart = codeBlocks(section(readPage("README.md"), "## Quick start"));
    expect(quickStart.filter(({ language }) => language === "sh").map(({ code }) => code)).toEqual([
      "npm ci && cat fixtures/answers.jsonl | npx bg-pipe grade --provider emulator > out.jsonl\n",
      "npm test\n",
    ]);
  });

  test("control: a command that fails, a message and messages that differ are found", async () => {
    const block = (mark: string, language: string, code: string) =>
      `<!-- ${mark} -->\n\`\`\`${language}\n${code}\`\`\`\n`;
    const page = new PageRun(
      [
        block("run", "sh", "false | cat\n"),
        block("run, exits with 3", "sh", "exit 3\n"),
        block("run", "js", "throw new Error();\n"),
        block("file p.yaml", "yaml", 'user: "{{ text }}"\n'),
        block("file r.jsonl", "json", '{"response":"a","grade_error":{"message":"b"}}\n'),
        block("messages r.jsonl p.yaml", "text", "[user] b\n"),
        block("message r.jsonl", "text", "a\n"),
      ].join("\n"),
    );
    const failures = await page.failures();
    expect(failures.map((failure) => failure.split(":")[0])).toEqual(["line 1", "line 11", "line 26", "line 31"]);
  });
});

describe("what the pages name", () => {
  test.each(pages())("%s: its links lead somewhere, and the files it names are there", (path) => {
    const page = readPage(path);
    expect(brokenLinks(path, page, files)).toEqual([]);
    expect(missingFiles(path, page, files)).toEqual([]);
  });

  test.each(["README.md", "ARCHITECTURE.md", "CHANGELOG.md", ...GUIDES])(
    "%s: its flags and commands are built",
    (path) => {
      const code = codeIn(readPage(path));
      expect(unknownNames(code, FLAG, new Set([...optionNames, "help", "version"]))).toEqual([]);
      expect(unknownNames(code, COMMAND, new Set(Object.keys(commands)))).toEqual([]);
    },
  );

  test("README.md: its defaults and exit codes are those of the tables", () => {
    const known = exitCodes.map(({ status }) => status);
    const named = tableRows(section(readPage("README.md"), "## Exit codes")).flatMap(([status = ""]) =>
      status.split(", "),
    );
    expect(named.map(Number).filter((status) => !known.includes(status))).toEqual([]);
    expect(named.length).toBeGreaterThan(5);
    for (const [flag = "", value = ""] of tableRows(section(readPage("README.md"), "## Flags"))) {
      const name = /--([a-z-]+)/.exec(flag)?.[1] ?? flag;
      expect([name, isOptionName(name)]).toEqual([name, true]);
      const fallback = isOptionName(name) ? definitionOf(name).default : undefined;
      if (fallback) expect([name, value.replaceAll("`", "")]).toEqual([name, `${fallback}`]);
    }
  });

  test("ARCHITECTURE.md: each of the nine promises names its test, or says that there is none yet", () => {
    const rows = tableRows(section(readPage("ARCHITECTURE.md"), "## Promises"));
    expect(rows.map(([promise = ""]) => promise[0]).join("")).toBe("123456789");
    for (const [promise, held = ""] of rows) {
      expect([promise, /`test\/[^`]+`|not yet/.test(held)]).toEqual([promise, true]);
    }
  });

  test("ARCHITECTURE.md: each invariant names a test, and what is on the rungs is all there is", () => {
    const page = readPage("ARCHITECTURE.md");
    const rows = tableRows(section(page, "## Invariants"));
    expect(rows.filter(([, held = ""]) => !/`test\/[^`]+`/.test(held))).toEqual([]);
    expect(rows.length).toBeGreaterThan(30);
    const ladder = section(page, "## The ladder");
    const folders = readdirSync(join(REPOSITORY, "src")).filter((name) => !ladder.includes(`\`src/${name}\``));
    expect(folders).toEqual([]);
    const words = new Set(
      tableRows(ladder)
        .find(([rung]) => rung === "2")?.[2]
        ?.match(/\w+/g),
    );
    const stages = readdirSync(join(REPOSITORY, "src/stages")).map((name) => name.replace(".ts", ""));
    expect(stages.filter((name) => !words.has(name))).toEqual([]);
  });

  test("docs/README.md links every page of docs, or the page that does, and README.md links that", () => {
    const linked = new Set(["README.md", "docs/README.md", "docs/commands/README.md"].flatMap(pathsLinkedIn));
    const all = [...pages().filter((path) => path.startsWith("docs/")), ...Object.keys(references)];
    expect(all.filter((path) => !linked.has(path))).toEqual([]);
    const index = pathsLinkedIn("docs/README.md");
    expect(index.filter((path) => path !== "README.md" && !path.startsWith("docs/"))).toEqual([]);
    expect(index.filter((path, at) => index.indexOf(path) !== at)).toEqual([]);
    expect(pages().filter((path) => /^docs\/(?:decisions\/)?[^/]+$/.test(path) && !index.includes(path))).toEqual([
      "docs/README.md",
    ]);
  });

  test("control: links, files, flags and commands that are not there are found", () => {
    const page =
      "# A b\n[x](nowhere.md) [y](README.md#nothing) [z](../out.md) [w](#a-b) `src/nowhere.ts` [v](https://x.y)";
    expect(brokenLinks("a.md", page, files)).toHaveLength(3);
    expect(missingFiles("a.md", page, files)).toEqual(["a.md names src/nowhere.ts"]);
    expect(unknownNames("`bg-pipe fly --wing-span 5 -o x`", FLAG, new Set(optionNames))).toEqual(["wing-span"]);
    expect(unknownNames("`bg-pipe fly`", COMMAND, new Set(Object.keys(commands)))).toEqual(["fly"]);
  });
});

describe("what has to be kept up", () => {
  test("CHANGELOG.md says what is unreleased", () => {
    expect(section(readPage("CHANGELOG.md"), "## [Unreleased]")).toMatch(/^- \S/m);
  });

  test.each([
    ["dependencies", "## At run time"],
    ["devDependencies", "## In development"],
  ] as const)("docs/dependencies.md has a line for each of the %s, and no other", (kind, heading) => {
    const rows = tableRows(section(readPage("docs/dependencies.md"), heading));
    const names = rows.map(([name = ""]) => name.replaceAll("`", ""));
    expect(names).toEqual(Object.keys(manifestOf("")[kind]).sort());
    for (const [index, [, licence, node, megabytes, why]] of rows.entries()) {
      const { license, engines } = manifestOf(`node_modules/${names[index]}`);
      expect([names[index], licence, node]).toEqual([names[index], license, engines?.node ?? "–"]);
      expect(megabytes).toMatch(/^\d+\.\d$/);
      expect(why?.length).toBeGreaterThan(10);
    }
  });

  test("control: sections and tables are read as they stand", () => {
    const page = "# T\n## A\n| h | i |\n|---|---|\n| `a\\|b` | c |\n### B\nx\n## C\ny";
    expect(tableRows(section(page, "## A"))).toEqual([["`a|b`", "c"]]);
    expect([section(page, "### B"), section(page, "## C"), section(page, "## D")]).toEqual(["x", "y", ""]);
  });
});
