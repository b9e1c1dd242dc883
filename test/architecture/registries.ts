import { posix } from "node:path";
import { importsOf } from "./imports.ts";
import type { Source } from "./source.ts";

/** A folder of things that are each one file and one lazy line of a registry. */
export interface RegisteredFolder {
  /** The folder, from the repository's own: `src/formats`. */
  readonly folder: string;
  /** The file with the lazy lines. */
  readonly registry: string;
  /** The names, as the registry has them. */
  readonly names: readonly string[];
  /** Whether an exported value is one of the things that this folder is for. */
  isLeaf(name: string, value: unknown): boolean;
  /** The file's name, without ending, for a registered name. */
  fileOf(name: string): string;
  /** The name that the thing itself carries; undefined when it carries none. */
  ownName(name: string): Promise<string | undefined>;
}

/** A file of a folder, loaded. */
export interface LoadedFile {
  readonly path: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

/** What is in the folder and not in the registry, or the other way round. */
export function registryGaps(kind: RegisteredFolder, registry: Source, files: readonly LoadedFile[]): string[] {
  const leaves = files.filter(({ exports }) =>
    Object.entries(exports).some(([name, value]) => kind.isLeaf(name, value)),
  );
  const paths = new Set(leaves.map(({ path }) => path));
  const lazy = importsOf(registry).filter(({ kind: way, to }) => way === "lazy" && posix.dirname(to) === kind.folder);
  const loaded = new Set(lazy.map(({ to }) => to));
  const expected = new Set(kind.names.map((name) => `${kind.folder}/${kind.fileOf(name)}.ts`));
  return [
    ...[...paths].filter((path) => !loaded.has(path)).map((path) => `${path} is not registered`),
    ...[...loaded].filter((path) => !paths.has(path)).map((path) => `${path} is registered, but holds no such thing`),
    ...[...expected].filter((path) => !loaded.has(path)).map((path) => `no line loads ${path}, as the name says`),
  ];
}

/** Names whose thing calls itself something else. */
export async function misnamed(kind: RegisteredFolder): Promise<string[]> {
  const wrong: string[] = [];
  for (const name of kind.names) {
    const own = await kind.ownName(name);
    if (own !== undefined && own !== name) wrong.push(`${name} calls itself ${own}`);
  }
  return wrong;
}

/** Whether a value is an object with these properties. */
export function hasAll(value: unknown, ...properties: readonly string[]): boolean {
  return typeof value === "object" && value !== null && properties.every((property) => property in value);
}
