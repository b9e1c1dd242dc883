import { topLevelEntries } from "../core/json-text.ts";
import { canonicalOf, type FieldAgreement, majorityOf, medianOf } from "./votes.ts";

/** What several answers come to. */
export interface CombinedAnswer {
  /** JSON text. */
  readonly json: string;
  /** By the field's path, properties joined with dots; the answer itself is "". Free text has no entry. */
  readonly fields: ReadonlyMap<string, FieldAgreement>;
}

/** What kind of answers they are. */
export interface AnswerKind {
  /** Whether they are JSON, as a schema asks for, and not plain text. */
  readonly isJson: boolean;
  /** Paths of the fields that hold free text, which is no two times the same and is not compared. */
  readonly freeText: ReadonlySet<string>;
}

/**
 * Combines answers field by field: numbers to their median, all else to the majority. Free text is that of the first
 * answer that agrees with the outcome in the most fields. A property is there when half of the answers have it. Plain
 * texts that are all numbers are combined as numbers, and else by the majority of the trimmed texts.
 *
 * @param answers JSON texts, at least one.
 */
export function combineAnswers(answers: readonly string[], { isJson, freeText }: AnswerKind): CombinedAnswer {
  if (!isJson) return combineTexts(answers);
  const combination = new Combination(freeText);
  const draft = combination.combine(answers, "");
  return { json: combination.finish(draft), fields: combination.fields };
}

function combineTexts(answers: readonly string[]): CombinedAnswer {
  const texts = answers.map(trimmed);
  const median = medianOf(texts.map((text) => (text.startsWith('"') ? String(JSON.parse(text)) : text)));
  const { json, agreement } =
    median === undefined ? majorityOf(texts) : { ...median, json: JSON.stringify(median.json) };
  return { json, fields: new Map([["", agreement]]) };
}

/** A text without the space around it; what is no text, such as a tool call, stays as it is. */
function trimmed(json: string): string {
  const answer: unknown = JSON.parse(json);
  return typeof answer === "string" ? JSON.stringify(answer.trim()) : json;
}

/** A combined value, in which free text is still to be chosen. */
type Draft =
  | { readonly json: string }
  | { readonly properties: readonly (readonly [name: string, value: Draft])[] }
  /** By the number of the answer. */
  | { readonly texts: readonly (string | undefined)[] };

class Combination {
  readonly fields = new Map<string, FieldAgreement>();
  readonly #freeText: ReadonlySet<string>;
  /** How often each answer has what was taken. */
  readonly #hits: number[] = [];

  constructor(freeText: ReadonlySet<string>) {
    this.#freeText = freeText;
  }

  /** @param values By the number of the answer; undefined where it has none. */
  combine(values: readonly (string | undefined)[], path: string): Draft {
    if (this.#freeText.has(path)) return { texts: values };
    const given = values.filter((value) => value !== undefined);
    if (given.every((value) => value.startsWith("{"))) return this.#combineObjects(values, path);
    const { json, agreement } = medianOf(given) ?? majorityOf(given);
    this.fields.set(path, agreement);
    const taken = canonicalOf(json);
    for (const [index, value] of values.entries()) {
      if (value !== undefined && canonicalOf(value) === taken) this.#hits[index] = (this.#hits[index] ?? 0) + 1;
    }
    return { json };
  }

  finish(draft: Draft): string {
    if ("json" in draft) return draft.json;
    if ("texts" in draft) return this.#choose(draft.texts) ?? "null";
    const properties = draft.properties.map(([name, value]) => `${JSON.stringify(name)}:${this.finish(value)}`);
    return `{${properties.join(",")}}`;
  }

  #combineObjects(values: readonly (string | undefined)[], path: string): Draft {
    const objects = values.map((value) => (value === undefined ? undefined : new Map(topLevelEntries(value))));
    const names = new Set(objects.flatMap((object) => [...(object?.keys() ?? [])]));
    const given = objects.filter((object) => object !== undefined).length;
    const properties: [string, Draft][] = [];
    for (const name of names) {
      const column = objects.map((object) => object?.get(name));
      const inner = path === "" ? name : `${path}.${name}`;
      const having = column.filter((value) => value !== undefined).length;
      if (2 * having >= given) properties.push([name, this.combine(column, inner)]);
      if (having < given && !this.#freeText.has(inner)) this.#countAbsent(inner, having, given);
    }
    return { properties };
  }

  /** A property that only some answers have: the others do not agree with what was made of it. */
  #countAbsent(path: string, having: number, given: number): void {
    const { share = 1, tie = false, ...range } = this.fields.get(path) ?? {};
    const taken = { share: Math.round(share * having) / given, tie: tie || 2 * having === given, ...range };
    this.fields.set(path, 2 * having < given ? { share: (given - having) / given, tie: false } : taken);
  }

  /** The text of the answer that agrees most, the first of several. */
  #choose(texts: readonly (string | undefined)[]): string | undefined {
    let best: { readonly text: string; readonly hits: number } | undefined;
    for (const [index, text] of texts.entries()) {
      const hits = this.#hits[index] ?? 0;
      if (text !== undefined && (best === undefined || hits > best.hits)) best = { text, hits };
    }
    return best?.text;
  }
}
