import type { Document, LineCounter, Node, Pair, Scalar } from "yaml";
import { ConfigurationError } from "../core/errors.ts";
import { displayPath } from "./directories.ts";
import { type FilePlace, withPaths } from "./file-paths.ts";
import type { Layer, Setting } from "./layers.ts";
import { definitionOf, didYouMean, isOptionName, type OptionName, optionNames } from "./options.ts";
import { parseData } from "./values.ts";

/** What is needed to read a configuration file, beside its text. */
export interface YamlPlace extends FilePlace {
  /** What messages and origins call the file; else its path. */
  readonly label?: string;
}

/**
 * Reads the layer that a YAML configuration file sets.
 *
 * @throws {ConfigurationError} naming file, line, column and key, and the nearest right key for a wrong one
 */
export async function readYamlLayer(text: string, place: YamlPlace): Promise<Layer> {
  const yaml = await import("yaml");
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, { lineCounter: lines });
  const reader = new YamlLayerReader(document, lines, place);
  reader.checkSyntax();
  const { contents } = document;
  if (contents === null || (yaml.isScalar(contents) && contents.value === null)) return new Map();
  if (!yaml.isMap(contents)) throw reader.errorAt(contents, "a configuration is a map of option names to values");
  const layer = reader.read(contents.items);
  if (layer.has("prompts")) {
    const { checkNamedPrompts } = await import("../prompts/load.ts");
    checkNamedPrompts(text, place.label ?? displayPath(place.path, place.cwd));
  }
  return layer;
}

/** Turns the pairs of a parsed document into checked settings. */
class YamlLayerReader {
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  readonly #place: YamlPlace;

  constructor(document: Document.Parsed, lines: LineCounter, place: YamlPlace) {
    this.#document = document;
    this.#lines = lines;
    this.#place = place;
  }

  checkSyntax(): void {
    const problem = this.#document.errors[0] ?? this.#document.warnings[0];
    if (problem === undefined) return;
    const summary = problem.message.split("\n")[0]?.replace(/ at line \d+, column \d+:?$/, "") ?? problem.code;
    throw new ConfigurationError(`${this.#positionOf(problem.pos[0])}: ${summary}`);
  }

  read(pairs: readonly Pair<unknown, unknown>[]): Layer {
    const layer = new Map<OptionName, Setting>();
    for (const pair of pairs) {
      const key = pair.key as Scalar;
      const name = this.#nameOf(key);
      const node = (pair.value ?? key) as Node;
      layer.set(name, { value: this.#valueOf(name, pair), origin: this.#positionOf(node.range?.[0] ?? 0) });
    }
    return layer;
  }

  errorAt(node: Node, message: string, hint?: string): ConfigurationError {
    const details = hint === undefined ? {} : { hint };
    return new ConfigurationError(`${this.#positionOf(node.range?.[0] ?? 0)}: ${message}`, details);
  }

  #nameOf(key: Scalar): OptionName {
    const name = String(key.value);
    const legal = optionNames.filter((candidate) => !definitionOf(candidate).flagOnly);
    if (!isOptionName(name)) {
      throw this.errorAt(key, `unknown key "${name}"`, `${didYouMean(name, legal)}bg-pipe config print lists all.`);
    }
    if (definitionOf(name).flagOnly) {
      throw this.errorAt(key, `${name} cannot stand in a configuration file`, `Give it as the flag --${name}.`);
    }
    return name;
  }

  #valueOf(name: OptionName, pair: Pair<unknown, unknown>): unknown {
    const node = (pair.value ?? pair.key) as Node;
    const parsed = parseData(definitionOf(name), this.#dataOf(pair.value as Node | null));
    if ("problem" in parsed) throw this.errorAt(node, `${name} ${parsed.problem}`);
    return withPaths(name, parsed.value, this.#place);
  }

  #dataOf(node: Node | null): unknown {
    try {
      return node?.toJS(this.#document);
    } catch (error) {
      throw this.errorAt(node ?? this.#document.contents ?? ({} as Node), String(error));
    }
  }

  #positionOf(offset: number): string {
    const { line, col } = this.#lines.linePos(offset);
    return `${this.#place.label ?? displayPath(this.#place.path, this.#place.cwd)}:${line}:${col}`;
  }
}
