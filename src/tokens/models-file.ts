import { type Document, isMap, isScalar, LineCounter, type Node, type Pair, parseDocument } from "yaml";
import { ConfigurationError, messageOf } from "../core/errors.ts";

/** The text of a YAML file of models, which knows where its values stand. */
export class ModelsFile {
  readonly #file: string;
  readonly #document: Document;
  readonly #lines = new LineCounter();

  /** @throws {ConfigurationError} naming file:line:column when the text is not YAML. */
  constructor(text: string, file: string) {
    this.#file = file;
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, stringKeys: true });
    const problem = this.#document.errors[0] ?? this.#document.warnings[0];
    if (problem !== undefined) throw new ConfigurationError(`${this.#place(problem.pos[0])}: ${problem.message}`);
  }

  toValue(): unknown {
    try {
      return this.#document.toJS({ maxAliasCount: 0 });
    } catch (cause) {
      throw new ConfigurationError(`${this.#file}: ${messageOf(cause)}`, { cause });
    }
  }

  /** `file:line:column` of the value at the end of a path of keys, or of its key. */
  placeOf(path: readonly PropertyKey[], at: "key" | "value"): string {
    let node: Node | undefined = this.#document.contents ?? undefined;
    let key: Node | undefined;
    for (const step of path) {
      const pair = pairOf(node, String(step));
      if (pair === undefined) break;
      key = isScalar(pair.key) ? pair.key : key;
      node = isMap(pair.value) || isScalar(pair.value) ? pair.value : undefined;
    }
    const found = at === "key" ? (key ?? node) : (node ?? key);
    return this.#place(found?.range?.[0] ?? 0);
  }

  #place(offset: number): string {
    const { line, col } = this.#lines.linePos(offset);
    return `${this.#file}:${Math.max(1, line)}:${Math.max(1, col)}`;
  }
}

function pairOf(node: Node | undefined, name: string): Pair | undefined {
  if (!isMap(node)) return undefined;
  return node.items.find(({ key }) => isScalar(key) && String(key.value) === name);
}
