import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAst } from "vitest/node";

/** The repository's own folder. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** One node of a syntax tree (ESTree with TypeScript's nodes), its properties unread. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [property: string]: unknown;
}

/** A source file with all the nodes of its syntax tree. */
export interface Source {
  /** In the repository, with slashes: `src/core/keys.ts`. */
  readonly path: string;
  readonly text: string;
  readonly nodes: readonly SyntaxNode[];
}

/** Parses a source. TypeScript 7 has no API for that, so it is the parser that vitest brings along. */
export function parseSource(path: string, text: string): Source {
  return { path, text, nodes: [...nodesIn(parseAst(text, { lang: "ts", astType: "ts" }))] };
}

let sources: readonly Source[] | undefined;

/** Every source under src/, parsed once. */
export function sourcesOfTree(): readonly Source[] {
  sources ??= readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => `src/${path.replaceAll("\\", "/")}`)
    .sort()
    .map((path) => parseSource(path, readFileSync(join(ROOT, path), "utf8")));
  return sources;
}

/** A node's place, for messages: `src/core/keys.ts:12`. */
export function placeOf({ path, text }: Source, { start }: SyntaxNode): string {
  return `${path}:${text.slice(0, start).split("\n").length}`;
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

/** A property that is a node; undefined when it is none. */
export function child(node: SyntaxNode | undefined, property: string): SyntaxNode | undefined {
  const value = node?.[property];
  return isNode(value) ? value : undefined;
}

function* nodesIn(value: unknown): Generator<SyntaxNode> {
  if (Array.isArray(value)) for (const item of value) yield* nodesIn(item);
  if (!isNode(value)) return;
  yield value;
  for (const inner of Object.values(value)) if (typeof inner === "object") yield* nodesIn(inner);
}
