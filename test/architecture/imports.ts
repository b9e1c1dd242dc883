import { posix } from "node:path";
import { child, placeOf, type Source, type SyntaxNode } from "./source.ts";

/** One import of one file by another, in whatever way it is written. */
export interface Import {
  readonly from: string;
  /** A file in the repository, or a package as it is named. */
  readonly to: string;
  readonly isOwn: boolean;
  /** `type` leaves nothing at run time, `lazy` loads when it is reached. */
  readonly kind: "value" | "type" | "lazy";
  readonly place: string;
}

/** What a file imports, re-exports included. */
export function importsOf(source: Source): readonly Import[] {
  return source.nodes.flatMap((node) => {
    const kind = kindOf(node);
    const name = child(node, "source")?.["value"] ?? child(child(node, "argument"), "literal")?.["value"];
    if (kind === undefined || typeof name !== "string") return [];
    const isOwn = name.startsWith(".");
    const to = isOwn ? posix.join(posix.dirname(source.path), name) : name;
    return [{ from: source.path, to, isOwn, kind, place: placeOf(source, node) }];
  });
}

/** Places that import what no reader of the source can know. */
export function unknowableImports(source: Source): readonly string[] {
  const calls = source.nodes.filter((node) => node.type === "ImportExpression");
  const unknown = calls.filter((node) => typeof child(node, "source")?.["value"] !== "string");
  return unknown.map((node) => `${placeOf(source, node)} imports something that is not named`);
}

function kindOf(node: SyntaxNode): Import["kind"] | undefined {
  switch (node.type) {
    case "ImportDeclaration":
      return node["importKind"] === "type" || areAllTypes(node, "importKind") ? "type" : "value";
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
      return node["exportKind"] === "type" || areAllTypes(node, "exportKind") ? "type" : "value";
    case "ImportExpression":
      return "lazy";
    case "TSImportType":
      return "type";
    default:
      return undefined;
  }
}

/** Whether every name is marked as a type; an import for its side effects has none, and is a value. */
function areAllTypes(node: SyntaxNode, property: string): boolean {
  const names: readonly SyntaxNode[] = Array.isArray(node["specifiers"]) ? node["specifiers"] : [];
  return names.length > 0 && names.every((name) => name[property] === "type");
}
