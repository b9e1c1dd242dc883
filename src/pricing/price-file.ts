import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from "yaml";
import { ConfigurationError, messageOf } from "../core/errors.ts";

/** A YAML file of prices, which knows where its values stand. All its values are texts: no number becomes a double. */
export class PriceFile {
  readonly #file: string;
  readonly #document: Document;
  readonly #lines = new LineCounter();

  /** @throws {ConfigurationError} naming file:line:column when the text is not YAML. */
  constructor(text: string, file: string) {
    this.#file = file;
    this.#document = parseDocument(text, { schema: "failsafe", lineCounter: this.#lines, prettyErrors: false });
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

  /** `file:line:column` of the value at the end of a path of keys and indexes, or of its key. */
  placeOf(path: readonly PropertyKey[], at: "key" | "value"): string {
    let node: Node | undefined = this.#document.contents ?? undefined;
    let key: Node | undefined;
    for (const step of path) {
      const pair = pairOf(node, String(step));
      const next = pair?.value ?? (isSeq(node) ? node.items[Number(step)] : undefined);
      if (pair === undefined && next === undefined) break;
      key = isScalar(pair?.key) ? pair.key : key;
      node = isMap(next) || isSeq(next) || isScalar(next) ? next : undefined;
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
