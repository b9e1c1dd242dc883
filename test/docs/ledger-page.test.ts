import { expect, test, vi } from "vitest";
import { commands } from "../../src/cli/commands/index.ts";
import { optionNames } from "../../src/config/options.ts";
import { CHUNK_STATES } from "../../src/ledger/ledger.ts";
import { readPage } from "./markdown.ts";
import { PageRun } from "./page-run.ts";
import { unknownNames } from "./pages.ts";

vi.setConfig({ testTimeout: 180_000 });

const PAGE = readPage("docs/ledger.md");

/** The names of all fields in a JSON value, at any depth. */
function fieldsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(fieldsOf);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) => [name, ...fieldsOf(field)]);
}

test("docs/ledger.md: its commands do what it says", async () => {
  expect(await new PageRun(PAGE).failures()).toEqual([]);
});

test("docs/ledger.md names every field of --json", async () => {
  const run = "npx bg-pipe grade fixtures/answers.jsonl --provider emulator > out.jsonl";
  const status = "npx bg-pipe status 1 --json > status.json";
  const cancel = "npx bg-pipe cancel --provider emulator --json > cancel.json";
  const killed =
    "BG_PIPE_FAILPOINT=chunk.submitted.after npx bg-pipe grade fixtures/answers.jsonl --provider emulator --fresh";
  const gc = "npx bg-pipe gc --json > gc.json";
  const script = [run, status, `${killed} > none || true`, cancel, gc].join("\n");
  const page = new PageRun(`<!-- run -->\n\`\`\`sh\n${script}\n\`\`\`\n`);
  expect(await page.failures()).toEqual([]);
  const values: unknown[] = ["status", "cancel", "gc"].map((name) => JSON.parse(page.read(`${name}.json`)));
  const fields = new Set(values.flatMap(fieldsOf));
  expect([...fields].length).toBeGreaterThan(60);
  const isProvider = (name: string) => name.startsWith("emulator");
  expect([...fields].filter((name) => !isProvider(name) && !new RegExp(`\\b${name}\\b`).test(PAGE))).toEqual([]);
});

test("docs/ledger.md: its flags, commands and states are built", () => {
  const code = (PAGE.match(/```[\s\S]*?```|`[^`\n]+`/g) ?? []).join("\n");
  expect(unknownNames(code, /(?<![\w-])--(?:no-)?([a-z][a-z-]+)/g, new Set(optionNames))).toEqual([]);
  expect(unknownNames(code, /\bbg-pipe ([a-z]+)\b/g, new Set(Object.keys(commands)))).toEqual([]);
  expect(code).toContain(CHUNK_STATES.filter((state) => state !== "asking").join(" → "));
});
