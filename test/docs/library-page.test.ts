import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { packageExports } from "../../scripts/package-exports.ts";
import { REPOSITORY, runProgram, temporaryFolder } from "../run-program.ts";
import { codeBlocks, readPage } from "./markdown.ts";

vi.setConfig({ testTimeout: 120_000 });

const page = readPage("docs/library.md");

test("docs/library.md: its blocks compile", async () => {
  const folder = temporaryFolder("library-page");
  const blocks = codeBlocks(page).filter(({ language }) => language === "ts");
  for (const { code, line } of blocks) writeFileSync(join(folder, `line-${line}.mts`), code);
  symlinkSync(join(REPOSITORY, "node_modules"), join(folder, "node_modules"));
  const paths = Object.entries(packageExports()).flatMap(([name, entry]) => {
    if (typeof entry === "string") return [];
    const source = entry.default.replace("./dist/", "src/").replace(/\.js$/, ".ts");
    return [[name.replace(/^\./, "bg-pipe"), [join(REPOSITORY, source)]]];
  });
  const compilerOptions = { noEmit: true, rootDir: "/", paths: Object.fromEntries(paths), noUnusedLocals: false };
  const project = { extends: join(REPOSITORY, "tsconfig.json"), compilerOptions, include: ["*.mts"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(project));
  const check = await runProgram(join(REPOSITORY, "node_modules", ".bin", "tsc"), [], { cwd: folder });
  expect(check).toEqual({ status: 0, stdout: "", stderr: "" });
  expect(blocks.length).toBeGreaterThan(3);
});

test("docs/library.md: it names every entry of the package", () => {
  const names = Object.keys(packageExports()).map((name) => name.split("/").at(-1) ?? "");
  const missing = names.filter((name) => name !== "." && name !== "package.json" && !page.includes(name));
  expect(missing).toEqual([]);
});
