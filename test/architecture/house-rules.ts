import { child, placeOf, type Source, type SyntaxNode } from "./source.ts";

/** Something that no source may do, but for the folders named. */
export interface HouseRule {
  readonly name: string;
  /** Where it may be done all the same: a file, or a folder with a slash behind it. */
  readonly allowed: readonly string[];
  isBroken(node: SyntaxNode): boolean;
}

export const houseRules: readonly HouseRule[] = [
  {
    name: "process.env is read in one place",
    allowed: ["src/config/environment.ts"],
    isBroken: (node) => isMember(node, "process", "env") || takesFromProcess(node, "env"),
  },
  {
    name: "nothing ends the process",
    allowed: [],
    isBroken: (node) =>
      ["exit", "reallyExit", "abort"].some((name) => isMember(node, "process", name) || takesFromProcess(node, name)),
  },
  {
    name: "stdout is written through cli and io",
    allowed: ["src/cli/", "src/io/"],
    isBroken: (node) => isMember(node, "process", "stdout") || takesFromProcess(node, "stdout"),
  },
  { name: "process is not imported", allowed: [], isBroken: (node) => isImportOf(node, /^(?:node:)?process$/) },
  { name: "no console", allowed: [], isBroken: (node) => isName(child(node, "object"), "console") },
  {
    name: "no readline: it splits on U+2028",
    allowed: [],
    isBroken: (node) => isImportOf(node, /^(?:node:)?readline/),
  },
  { name: "no any", allowed: [], isBroken: (node) => node.type === "TSAnyKeyword" },
  {
    name: "no ! assertions",
    allowed: [],
    isBroken: (node) => node.type === "TSNonNullExpression" || (isDeclaration(node) && node["definite"] === true),
  },
  { name: "named exports only", allowed: [], isBroken: (node) => node.type === "ExportDefaultDeclaration" },
];

/** Where a source breaks a rule. */
export function breachesOf(rule: HouseRule, source: Source): readonly string[] {
  if (rule.allowed.some((place) => source.path === place || (place.endsWith("/") && source.path.startsWith(place)))) {
    return [];
  }
  return source.nodes.filter((node) => rule.isBroken(node)).map((node) => placeOf(source, node));
}

/** Comments that turn the type checker off. */
export function silencedChecks({ path, text }: Source): readonly string[] {
  return Array.from(text.matchAll(/@ts-(?:ignore|expect-error|nocheck)\b/g), ([found]) => `${path}: ${found}`);
}

function isMember(node: SyntaxNode, object: string, property: string): boolean {
  if (node.type !== "MemberExpression") return false;
  const named = child(node, "property");
  const name = node["computed"] === true ? named?.["value"] : named?.["name"];
  return name === property && refersTo(child(node, "object"), object);
}

/** `const { env } = process` */
function takesFromProcess(node: SyntaxNode, property: string): boolean {
  if (node.type !== "VariableDeclarator" || !refersTo(child(node, "init"), "process")) return false;
  const properties: readonly SyntaxNode[] = asArray(child(node, "id")?.["properties"]);
  return properties.some((one) => child(one, "key")?.["name"] === property);
}

/** The name itself, or `globalThis.name`. */
function refersTo(node: SyntaxNode | undefined, name: string): boolean {
  return isName(node, name) || (node !== undefined && isMember(node, "globalThis", name));
}

function isName(node: SyntaxNode | undefined, name: string): boolean {
  return node?.type === "Identifier" && node["name"] === name;
}

function isImportOf(node: SyntaxNode, name: RegExp): boolean {
  const isImport = /^(?:Import|Export)\w*(?:Declaration|Expression)$/.test(node.type);
  const source = child(node, "source")?.["value"];
  return isImport && typeof source === "string" && name.test(source);
}

function isDeclaration(node: SyntaxNode): boolean {
  return node.type === "VariableDeclarator" || node.type === "PropertyDefinition";
}

function asArray(value: unknown): readonly SyntaxNode[] {
  return Array.isArray(value) ? value : [];
}
