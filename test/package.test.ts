import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { packageExports } from "../scripts/package-exports.ts";
import { readmeLibrarySamples } from "./docs/markdown.ts";
import { REPOSITORY, runProgram, temporaryFolder } from "./run-program.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

const NOT_COPIED = new Set(["node_modules", ".git", "dist", "coverage"]);

interface LockedPackage {
  readonly bin?: Readonly<Record<string, string>>;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock: { readonly packages: Readonly<Record<string, LockedPackage>> } = JSON.parse(
  readFileSync(join(REPOSITORY, "package-lock.json"), "utf8"),
);

/** A copy of the repository, packed by npm with its build, so that no build of this clone is in the way. */
async function pack(): Promise<string> {
  const copy = temporaryFolder("pack");
  for (const name of readdirSync(REPOSITORY)) {
    if (!NOT_COPIED.has(name)) cpSync(join(REPOSITORY, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(REPOSITORY, "node_modules"), join(copy, "node_modules"));
  const packed = await runProgram("npm", ["pack", "--silent"], { cwd: copy });
  if (packed.status !== 0) throw new Error(`npm pack failed: ${packed.stdout}${packed.stderr}`);
  const tarball = readdirSync(copy).find((name) => name.endsWith(".tgz"));
  if (tarball === undefined) throw new Error(`npm pack made no tarball: ${packed.stdout}`);
  return join(copy, tarball);
}

/**
 * Installs a tarball into a new folder without a network. npm has no offline source of the packages it depends on
 * (after `npm ci` its cache has their files, but not their descriptions), so copies of this clone's are put there
 * before: those that users get, and no development ones. Links would let npm reach into this clone.
 */
async function install(tarball: string): Promise<string> {
  const folder = temporaryFolder("installed");
  const packages = Object.entries(lock.packages).filter(([path, { dev, devOptional, optional }]) => {
    return path !== "" && !dev && !devOptional && !optional;
  });
  for (const [path] of packages) cpSync(join(REPOSITORY, path), join(folder, path), { recursive: true });
  // npm fetches what has lost its links to programs anew.
  mkdirSync(join(folder, "node_modules", ".bin"));
  for (const [path, { bin = {} }] of packages) {
    for (const [name, file] of Object.entries(bin)) {
      const target = join("..", path.replace("node_modules/", ""), file);
      symlinkSync(target, join(folder, "node_modules", ".bin", name));
    }
  }
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  const installed = await runProgram("npm", ["install", "--no-audit", "--no-fund", tarball], { cwd: folder });
  if (installed.status !== 0) throw new Error(`npm install failed: ${installed.stderr}`);
  return folder;
}

describe("the package, installed into an empty folder", () => {
  let folder = "";
  let tarball = "";
  const program = () => join(folder, "node_modules", ".bin", "bg-pipe");
  const inside = (path: string) => join(folder, "node_modules", "bg-pipe", path);

  beforeAll(async () => {
    tarball = await pack();
    folder = await install(tarball);
  });

  test("holds what a user needs, and nothing else", () => {
    const names = readdirSync(inside("")).sort();
    expect(names).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "bin", "config", "dist", "man", "package.json"]);
    const files = readdirSync(inside("dist"), { recursive: true, encoding: "utf8" });
    expect(files.filter((name) => /\.tsx?$/.test(name) && !name.endsWith(".d.ts"))).toEqual([]);
    // The command of that name is no test.
    const others = files.filter((name) => !/^cli\/commands\/test\.(?:js|d\.ts)$/.test(name));
    expect(others.filter((name) => /(?:^|[./])(?:test|fixtures|bench)(?:[./]|$)/.test(name))).toEqual([]);
    expect(files).toContain("index.d.ts");
  });

  test("holds every source, built", () => {
    const sources = readdirSync(join(REPOSITORY, "src"), { recursive: true, encoding: "utf8" });
    const wanted = sources.filter((name) => name.endsWith(".ts")).map((name) => name.replace(/\.ts$/, ".js"));
    expect(wanted.filter((name) => !existsSync(inside(join("dist", name))))).toEqual([]);
  });

  test("bg-pipe --version is the package's", async () => {
    const { version } = JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8"));
    expect(await runProgram(program(), ["--version"], { cwd: folder })).toEqual({
      status: 0,
      stdout: `${version}\n`,
      stderr: "",
    });
  });

  test("bg-pipe --help shows the commands", async () => {
    const help = await runProgram(program(), ["--help"], { cwd: folder });
    expect(help).toMatchObject({ status: 0, stdout: expect.stringContaining("grade"), stderr: "" });
  });

  test("bg-pipe grade grades rows on the emulator, with the data files of the package", async () => {
    const rows = [1, 2, 3].map((id) => JSON.stringify({ id, response: `answer ${id}` }));
    writeFileSync(join(folder, "rows.jsonl"), rows.map((row) => `${row}\n`).join(""));
    const run = await runProgram(program(), ["grade", "rows.jsonl", "--provider", "emulator"], { cwd: folder });
    expect(run).toMatchObject({ status: 0 });
    const graded = run.stdout.trimEnd().split("\n");
    expect(graded.map((line) => JSON.parse(line))).toMatchObject(
      [1, 2, 3].map((id) => ({ id, grade: { score: expect.any(Number) } })),
    );
  });

  test("bg-pipe count counts in threads of their own, as on one", async () => {
    const rows = [1, 2, 3].map((id) => JSON.stringify({ id, response: `answer ${id}` }));
    writeFileSync(join(folder, "counted.jsonl"), rows.map((row) => `${row}\n`).join(""));
    const argv = ["count", "counted.jsonl", "--model", "gpt-4.1-mini", "--json", "--workers"];
    const [alone, threads] = [
      await runProgram(program(), [...argv, "0"], { cwd: folder }),
      await runProgram(program(), [...argv, "2"], { cwd: folder }),
    ];
    expect(alone).toMatchObject({ status: 0, stderr: "", stdout: expect.stringContaining('"rows": 3') });
    expect(threads).toEqual(alone);
  });

  test.each([
    ["an ECMAScript module", "module", 'import * as all from "bg-pipe";'],
    ["a CommonJS module", "commonjs", 'const all = require("bg-pipe");'],
  ])("its entry can be had from %s, with all that the source exports", async (_, type, line) => {
    const script = `${line}\nprocess.stdout.write(Object.keys(all).filter((name) => name !== "module.exports").sort().join());`;
    const run = await runProgram(process.execPath, [`--input-type=${type}`, "--eval", script], { cwd: folder });
    expect(run).toMatchObject({ status: 0, stderr: "" });
    expect(run.stdout.split(",")).toEqual(Object.keys(await import("../src/index.ts")).sort());
  });

  test("a pipeline runs in CommonJS", async () => {
    const script = `const { map, pipeline, writeRows } = require("bg-pipe");
      pipeline([{ a: 1 }], map((row) => ({ ...row, b: 2 })), writeRows(process.stdout));`;
    const run = await runProgram(process.execPath, ["--input-type=commonjs", "--eval", script], { cwd: folder });
    expect(run).toEqual({ status: 0, stdout: '{"a":1,"b":2}\n', stderr: "" });
  });

  test("each of its parts can be had by itself, both ways, and has what its source has", async () => {
    const list = Object.keys(packageExports()).filter((name) => !name.endsWith(".json"));
    const names = JSON.stringify(list.map((name) => name.replace(/^\./, "bg-pipe")));
    const script = `const names = ${names};
      Promise.all(names.map(async (name) => [Object.keys(await import(name)), Object.keys(require(name))]))
        .then((all) => process.stdout.write(JSON.stringify(all)));`;
    const run = await runProgram(process.execPath, ["--input-type=commonjs", "--eval", script], { cwd: folder });
    expect(run).toMatchObject({ status: 0, stderr: "" });
    const seen: readonly string[][][] = JSON.parse(run.stdout);
    for (const [index, name] of list.entries()) {
      const source = Object.keys(await import(sourceOf(name))).sort();
      const [imported = [], required = []] = seen[index] ?? [];
      expect([name, imported.sort(), required.sort()]).toEqual([name, source, source]);
    }
  });

  test("its examples compile against its types, strictly", async () => {
    const copies = readdirSync(join(REPOSITORY, "examples")).filter((name) => name.endsWith(".ts"));
    for (const name of copies) cpSync(join(REPOSITORY, "examples", name), join(folder, `example-${name}`));
    cpSync(join(REPOSITORY, "node_modules/@types/node"), join(folder, "node_modules/@types/node"), { recursive: true });
    cpSync(join(REPOSITORY, "node_modules/undici-types"), join(folder, "node_modules/undici-types"), {
      recursive: true,
    });
    const files = copies.map((name) => `example-${name}`);
    const argv = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2024"];
    const check = await runProgram(
      join(REPOSITORY, "node_modules", ".bin", "tsc"),
      [...argv, "--lib", "es2024,esnext", "--types", "node", ...files],
      { cwd: folder },
    );
    expect(check).toMatchObject({ status: 0, stdout: "" });
  });

  test("publint finds nothing", async () => {
    const { messages } = await publint({ pkgDir: inside(""), strict: true, pack: false });
    expect(messages).toEqual([]);
  });

  test("are the types wrong? No: but who asks from CommonJS gets a module, which Node 24 can require", async () => {
    const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(tarball))));
    if (!analysis.types) throw new Error("the package has no types");
    const problems = analysis.problems.filter((problem) => {
      const isForOldNode = "resolutionKind" in problem && problem.resolutionKind === "node10";
      return !isForOldNode && problem.kind !== "CJSResolvesToESM";
    });
    expect(problems).toEqual([]);
  });

  test("it stays small", () => {
    const { size } = statSync(tarball);
    const files = readdirSync(inside(""), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
    expect([size, bytes, files.length].map((value, index) => value <= (LIMITS[index] ?? 0))).toEqual([
      true,
      true,
      true,
    ]);
    process.stderr.write(`the package: ${size} bytes packed, ${bytes} unpacked, ${files.length} files\n`);
  });

  test("man finds its page", () => {
    const { man } = JSON.parse(readFileSync(inside("package.json"), "utf8"));
    expect(readFileSync(inside(man), "utf8")).toMatch(/^\.TH BG-PIPE 1/m);
  });

  test("its types are found, and are no any", async () => {
    const use =
      'import { grade, type Format } from "bg-pipe";\nexport const name = (format: Format): string => format.name;';
    writeFileSync(join(folder, "right.ts"), `${use}\nexport const run: typeof grade = grade;\n`);
    writeFileSync(join(folder, "wrong.ts"), `${use}\nexport const run: string = grade;\n`);
    const check = (file: string) => {
      const argv = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2024", file];
      return runProgram(join(REPOSITORY, "node_modules", ".bin", "tsc"), argv, { cwd: folder });
    };
    expect(await check("right.ts")).toMatchObject({ status: 0, stdout: "" });
    expect((await check("wrong.ts")).stdout).toContain("TS2322");
  });

  test.each(readmeLibrarySamples())("the README's library sample %# runs", async (sample) => {
    writeFileSync(join(folder, "sample.mjs"), sample);
    cpSync(join(REPOSITORY, "fixtures"), join(folder, "fixtures"), { recursive: true });
    const run = await runProgram(process.execPath, ["sample.mjs"], { cwd: folder });
    expect(run).toMatchObject({ status: 0, stderr: "" });
    expect(run.stdout).not.toBe("");
  });
});

/** Bytes packed, bytes unpacked, files. */
const LIMITS = [900_000, 3_500_000, 1_800];

function sourceOf(entry: string): string {
  const found = packageExports()[entry];
  if (typeof found !== "object") throw new Error(`${entry} is no module`);
  return new URL(`../${found.default.replace("./dist/", "src/").replace(/\.js$/, ".ts")}`, import.meta.url).href;
}

test("the entries follow from the registries (node scripts/write-reference.ts)", () => {
  const { exports } = JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8"));
  expect(exports).toEqual(packageExports());
});

test.each(Object.keys(packageExports()).filter((name) => !name.endsWith(".json")))(
  "%s can be had from source",
  async (name) => {
    expect(Object.keys(await import(sourceOf(name))).length).toBeGreaterThan(0);
  },
);

test("the lock file is complete, or npm ci would refuse it", () => {
  const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !isLocked(path, name))
      .map((name) => `${name}, which ${path} may need`),
  );
  expect(missing).toEqual([]);
});

/** As Node looks for packages: in the package's own folder, then in those above. */
function isLocked(path: string, name: string): boolean {
  const steps = path.split("/node_modules/").length;
  const folders = Array.from({ length: steps }, (_, index) => path.split("/node_modules/").slice(0, index + 1));
  const places = [
    `node_modules/${name}`,
    ...folders.map((parts) => `${parts.join("/node_modules/")}/node_modules/${name}`),
  ];
  return places.some((place) => Object.hasOwn(lock.packages, place));
}
