import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
} from "yaml";
import { ConfigurationError, messageOf } from "../core/errors.ts";
import { placeIn, type TextOrigin } from "../core/text-origin.ts";

/** Keys and indexes from the document's root to a value. */
export type YamlPath = readonly PropertyKey[];

/** More aliases than this in one document are an attack, not a prompt. */
const MAX_ALIASES = 100;

/** A YAML (or JSON) document that knows where its values stand. */
export class YamlFile {
  readonly file: string;
  readonly #text: string;
  readonly #document: Document;
  readonly #lines = new LineCounter();

  /** @throws {ConfigurationError} naming file:line:column when the text is not YAML. */
  constructor(text: string, file: string) {
    this.file = file;
    this.#text = text;
    this.#document = this.#parse();
    const problem = this.#document.errors[0] ?? this.#document.warnings[0];
    if (problem !== undefined) throw this.#errorAt(problem.pos[0], problem.message);
  }

  /** @throws {ConfigurationError} when aliases would blow the document up. */
  toValue(): unknown {
    try {
      return this.#document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (cause) {
      throw new ConfigurationError(`${this.file}: ${messageOf(cause)}`, {
        cause,
        hint: "Write the repeated parts out instead of using YAML aliases.",
      });
    }
  }

  /** An error at the value at the end of a path, or at its key. */
  error(path: YamlPath, at: "key" | "value", message: string, hint?: string): ConfigurationError {
    const { key, value } = this.#find(path);
    const node = at === "key" ? (key ?? value) : (value ?? key);
    return this.#errorAt(node?.range?.[0] ?? 0, message, hint);
  }

  /** Where a value begins, or the text of a string value. */
  originOf(path: YamlPath): TextOrigin {
    const { value } = this.#find(path);
    const start = value?.range?.[0] ?? 0;
    if (!isScalar(value)) return this.#originAt(start);
    switch (value.type) {
      case "BLOCK_LITERAL":
        return this.#blockOrigin(value, start);
      case "QUOTE_DOUBLE":
      case "QUOTE_SINGLE":
        return this.#originAt(start + 1);
      default:
        return this.#originAt(start);
    }
  }

  #parse(): Document {
    try {
      return parseDocument(this.#text, { lineCounter: this.#lines, prettyErrors: false, stringKeys: true });
    } catch (cause) {
      throw new ConfigurationError(`${this.file}: cannot be read as YAML: ${messageOf(cause)}`, { cause });
    }
  }

  /** The node at the end of a path, or the last one on the way to it. */
  #find(path: YamlPath): { key?: Node; value?: Node } {
    let found = this.#resolve({}, this.#document.contents);
    for (const step of path) {
      const next = this.#step(found.value, step);
      if (next === undefined) break;
      found = next;
    }
    return found;
  }

  #step(node: Node | undefined, step: PropertyKey): { key?: Node; value?: Node } | undefined {
    if (isSeq(node)) return this.#resolve({}, node.items[Number(step)]);
    if (!isMap(node)) return undefined;
    const pair: Pair | undefined = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
    if (pair === undefined) return undefined;
    return this.#resolve(isScalar(pair.key) ? { key: pair.key } : {}, pair.value);
  }

  #resolve(found: { key?: Node }, value: unknown): { key?: Node; value?: Node } {
    if (isAlias(value)) return this.#resolve(found, value.resolve(this.#document));
    return isScalar(value) || isMap(value) || isSeq(value) ? { ...found, value } : found;
  }

  /** The indentation of a block is what its first line has in the file and not in the value. */
  #blockOrigin(value: Scalar, start: number): TextOrigin {
    const header = this.#lines.linePos(start).line;
    const text = String(value.value).split("\n");
    const first = text.findIndex((line) => line.trim() !== "");
    const inFile = this.#text.split("\n", header + first + 1)[header + first] ?? "";
    const indent = leadingSpaces(inFile) - leadingSpaces(text[first] ?? "");
    return { file: this.file, line: header + 1, column: indent + 1, indentColumn: indent + 1 };
  }

  #originAt(offset: number): TextOrigin {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.file, line: Math.max(1, line), column: Math.max(1, col) };
  }

  #errorAt(offset: number, message: string, hint?: string): ConfigurationError {
    return new ConfigurationError(
      `${placeIn(this.#originAt(offset))}: ${message}`,
      hint === undefined ? undefined : { hint },
    );
  }
}

function leadingSpaces(line: string): number {
  return line.length - line.trimStart().length;
}
