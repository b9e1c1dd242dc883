import { expect, test } from "vitest";
import { packageExports } from "../../scripts/package-exports.ts";
import { importsOf, unknowableImports } from "./imports.ts";
import { describe, importCycles, ladderBreaches, RUNGS } from "./ladder.ts";
import { parseSource, sourcesOfTree } from "./source.ts";

const tree = sourcesOfTree();
const imports = tree.flatMap(importsOf);

function breachesOf(path: string, text: string): readonly string[] {
  return ladderBreaches(importsOf(parseSource(path, text)));
}

test("every folder of src stands on a rung", () => {
  const folders = new Set(tree.map(({ path }) => path.split("/")[1]));
  expect([...folders].sort()).toEqual(Object.keys(RUNGS).sort());
});

test("a file imports its own folder and lower rungs only", () => {
  expect(ladderBreaches(imports)).toEqual([]);
});

test("no file imports itself in a circle", () => {
  expect(importCycles(imports)).toEqual([]);
});

test("every import names a file that is there", () => {
  const paths = new Set(tree.map(({ path }) => path));
  expect(imports.filter(({ to, isOwn }) => isOwn && !paths.has(to)).map(describe)).toEqual([]);
  const strangers = tree.flatMap(unknowableImports).map((place) => place.replace(/:.*/, ""));
  // What a user's file names.
  expect(strangers).toEqual(["src/pipelines/steps/load-module.ts"]);
});

test("every file is reached from the executable or an entry of the package", () => {
  const entries = Object.values(packageExports()).flatMap((entry) =>
    typeof entry === "string" ? [] : [entry.default],
  );
  const sources = entries.map((path) => path.replace("./dist/", "src/").replace(/\.js$/, ".ts"));
  const reached = new Set(["src/cli/main.ts", ...sources]);
  for (const file of reached) for (const { from, to, isOwn } of imports) if (isOwn && from === file) reached.add(to);
  expect(tree.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([]);
});

test.each([
  ["src/core/a.ts", 'import { x } from "../io/input.ts";'],
  ["src/core/a.ts", 'import { z } from "zod";'],
  ["src/core/a.ts", 'import { readFile } from "node:fs/promises";'],
  ["src/io/a.ts", 'import { x } from "../formats/format.ts";'],
  ["src/io/a.ts", 'import type { X } from "../formats/format.ts";'],
  ["src/io/a.ts", 'import { type X } from "../formats/format.ts";'],
  ["src/io/a.ts", 'export { x } from "../formats/format.ts";'],
  ["src/io/a.ts", 'export * from "../formats/format.ts";'],
  ["src/io/a.ts", 'const lazy = () => import("../formats/format.ts");'],
  ["src/io/a.ts", 'let x: import("../formats/format.ts").Format;'],
  ["src/ledger/a.ts", 'import "../stages/chunk.ts";'],
  ["src/stages/a.ts", 'import { x } from "./chunk.ts";'],
  ["src/pipelines/a.ts", 'import { x } from "../config/load.ts";'],
  ["src/config/a.ts", 'import { x } from "../emulator/server.ts";'],
  ["src/cli/a.ts", 'import { x } from "../index.ts";'],
  ["src/cli/a.ts", 'import { x } from "../../test/cli/test-host.ts";'],
  ["src/unheard/a.ts", 'import { x } from "../core/keys.ts";'],
])("control: %s with %s is a breach", (path, text) => {
  expect(breachesOf(path, text)).toHaveLength(1);
});

test.each([
  ["src/core/a.ts", 'import { x } from "./keys.ts"; import { createHash } from "node:crypto";'],
  ["src/stages/a.ts", 'import { x } from "../io/input.ts"; import { chain } from "stream-chain";'],
  ["src/cli/commands/a.ts", 'import { x } from "../help.ts"; import { y } from "../../emulator/server.ts";'],
  ["src/io/a.ts", '/* import "../formats/csv.ts" */ const text = "import \'../formats/csv.ts\'";'],
])("control: %s with %s is none", (path, text) => {
  expect(breachesOf(path, text)).toEqual([]);
});

test("control: circles are found, unless they leave nothing at run time or are lazy", () => {
  const circle = (back: string) => {
    const a = parseSource("src/core/a.ts", 'import { b } from "./b.ts";');
    const b = parseSource("src/core/b.ts", 'export { c } from "./c.ts";');
    return importCycles([a, b, parseSource("src/core/c.ts", back)].flatMap(importsOf));
  };
  expect(circle('import { a } from "./a.ts";')).toEqual([
    "src/core/a.ts → src/core/b.ts → src/core/c.ts → src/core/a.ts",
  ]);
  expect(circle('import { type Other, a } from "./a.ts";')).toHaveLength(1);
  expect(circle('import type { A } from "./a.ts";')).toEqual([]);
  expect(circle('const a = () => import("./a.ts");')).toEqual([]);
});

test("control: an import that is not named is found", () => {
  const source = parseSource("src/core/a.ts", "const load = (name: string) => import(name);");
  expect(unknowableImports(source)).toEqual(["src/core/a.ts:1 imports something that is not named"]);
});
