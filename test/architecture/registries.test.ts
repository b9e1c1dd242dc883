import { join, posix } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { commands } from "../../src/cli/commands/index.ts";
import { systemClock } from "../../src/core/clock.ts";
import { silentLogger } from "../../src/core/logger.ts";
import { endpoints } from "../../src/endpoints/index.ts";
import { formats } from "../../src/formats/index.ts";
import { ledgers } from "../../src/ledger/index.ts";
import { stepKinds } from "../../src/pipelines/steps/index.ts";
import { providers } from "../../src/providers/index.ts";
import { tokenizers } from "../../src/tokens/index.ts";
import { temporaryFolder } from "../run-program.ts";
import { hasAll, type LoadedFile, misnamed, type RegisteredFolder, registryGaps } from "./registries.ts";
import { parseSource, ROOT, type Source, sourcesOfTree } from "./source.ts";

const tree = sourcesOfTree();

const folders: readonly RegisteredFolder[] = [
  {
    folder: "src/formats",
    registry: "src/formats/index.ts",
    names: Object.keys(formats),
    isLeaf: (_, value) => hasAll(value, "name", "extensions", "decode", "createEncoder"),
    fileOf: (name) => name,
    ownName: async (name) => (await pick(formats, name)).name,
  },
  {
    folder: "src/endpoints",
    registry: "src/endpoints/index.ts",
    names: Object.keys(endpoints),
    isLeaf: (_, value) => hasAll(value, "path", "buildBody", "readAnswer"),
    fileOf: (name) => name.replace("/v1/", "").replaceAll("/", "-"),
    ownName: async (name) => (await pick(endpoints, name)).path,
  },
  {
    folder: "src/tokens",
    registry: "src/tokens/index.ts",
    names: Object.keys(tokenizers),
    isLeaf: (name) => name === "createTokenizer",
    fileOf: (name) => name.replaceAll("_", "-"),
    ownName: async (name) => (await pick(tokenizers, name)).encoding,
  },
  {
    folder: "src/providers",
    registry: "src/providers/index.ts",
    names: Object.keys(providers),
    isLeaf: (name) => /^create\w+Provider$/.test(name),
    fileOf: (name) => name,
    ownName: nameOfProvider,
  },
  {
    folder: "src/ledger",
    registry: "src/ledger/index.ts",
    names: Object.keys(ledgers),
    isLeaf: (name) => /^open\w+Ledger$/.test(name),
    fileOf: (name) => name,
    ownName: openAndClose,
  },
  {
    folder: "src/cli/commands",
    registry: "src/cli/commands/index.ts",
    names: Object.keys(commands),
    isLeaf: (_, value) => hasAll(value, "name", "summary", "usage", "run"),
    fileOf: (name) => name,
    ownName: async (name) => (await pick(commands, name)).name,
  },
  {
    folder: "src/pipelines/steps",
    registry: "src/pipelines/steps/index.ts",
    names: Object.keys(stepKinds),
    isLeaf: (_, value) => hasAll(value, "name", "summary", "keys", "create", "explain"),
    fileOf: (name) => name,
    ownName: async (name) => (await pick(stepKinds, name)).name,
  },
  {
    folder: "src/cli/completion",
    registry: "src/cli/commands/completion.ts",
    names: (await commands.completion()).words ?? [],
    isLeaf: (name) => name.endsWith("Completion"),
    fileOf: (name) => name,
    ownName: async () => undefined,
  },
];

function pick<T>(registry: Readonly<Record<string, () => Promise<T>>>, name: string): Promise<T> {
  const loader = registry[name];
  if (loader === undefined) throw new Error(`nothing is registered as ${name}`);
  return loader();
}

async function nameOfProvider(name: string): Promise<string> {
  const create = await pick(providers, name);
  const provider = create({
    baseUrl: "http://127.0.0.1:9/v1",
    apiKey: "none",
    isEmbedded: false,
    log: silentLogger,
    clock: systemClock,
    signal: new AbortController().signal,
  });
  await provider.close();
  return provider.name;
}

async function openAndClose(name: string): Promise<undefined> {
  const open = await pick(ledgers, name);
  open({ directory: temporaryFolder("ledger"), clock: systemClock }).close();
}

async function filesOf(folder: string): Promise<readonly LoadedFile[]> {
  const paths = tree.map(({ path }) => path).filter((path) => posix.dirname(path) === folder);
  return Promise.all(
    paths.map(async (path) => ({ path, exports: await import(pathToFileURL(join(ROOT, path)).href) })),
  );
}

function registryOf({ registry }: RegisteredFolder): Source {
  const source = tree.find(({ path }) => path === registry);
  if (source === undefined) throw new Error(`there is no ${registry}`);
  return source;
}

const cases = folders.map((kind) => [kind.folder, kind] as const);

test.each(cases)("%s: every leaf is registered, and every line loads one", async (folder, kind) => {
  expect(registryGaps(kind, registryOf(kind), await filesOf(folder))).toEqual([]);
  expect(kind.names.length).toBeGreaterThan(0);
});

test.each(cases)("%s: each entry loads, and carries the name it is registered under", async (_, kind) => {
  expect(await misnamed(kind)).toEqual([]);
});

test("the names that users know are there", () => {
  expect(Object.keys(formats)).toEqual(expect.arrayContaining(["jsonl", "csv", "tsv", "json"]));
  expect(Object.keys(providers)).toEqual(expect.arrayContaining(["openai", "azure", "groq", "emulator"]));
});

const control: RegisteredFolder = {
  folder: "src/formats",
  registry: "src/formats/index.ts",
  names: ["jsonl", "xml"],
  isLeaf: (_, value) => hasAll(value, "decode"),
  fileOf: (name) => name,
  ownName: async (name) => (name === "xml" ? "html" : name),
};

test("control: a file without a line, a line without a thing and a name without a file are found", async () => {
  const lines = 'const a = () => import("./jsonl.ts"); const b = () => import("./format.ts");';
  const files = [
    { path: "src/formats/jsonl.ts", exports: { jsonl: { decode: 1 } } },
    { path: "src/formats/csv.ts", exports: { csv: { decode: 1 } } },
    { path: "src/formats/format.ts", exports: { anything: "else" } },
  ];
  expect(registryGaps(control, parseSource("src/formats/index.ts", lines), files)).toEqual([
    "src/formats/csv.ts is not registered",
    "src/formats/format.ts is registered, but holds no such thing",
    "no line loads src/formats/xml.ts, as the name says",
  ]);
  expect(await misnamed(control)).toEqual(["xml calls itself html"]);
});
