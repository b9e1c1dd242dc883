import type { Fields } from "../records.ts";
import { isBelow, isEqual, isIn, isTrue } from "./compare.ts";
import { ConditionError, type Token, tokensOf } from "./tokens.ts";

/** Whether a row is meant. */
export type Condition = (fields: Fields) => boolean;
type Operand = (fields: Fields) => unknown;
type Comparison = (left: unknown, right: unknown) => boolean;

/** More parentheses than this are no condition that a person has written. */
const MAX_DEPTH = 50;

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  "==": isEqual,
  "!=": (left, right) => !isEqual(left, right),
  "<": isBelow,
  ">": (left, right) => isBelow(right, left),
  "<=": (left, right) => isBelow(left, right) || isEqual(left, right),
  ">=": (left, right) => isBelow(right, left) || isEqual(left, right),
  in: (left, right) => isIn(left, right),
  contains: (left, right) => isIn(right, left),
};
const KEYWORDS: ReadonlySet<string> = new Set(["and", "or", "not", "in", "contains"]);
const WORDS: Readonly<Record<string, unknown>> = { null: null, true: true, false: false };

/**
 * Reads a condition over a row's fields, such as `grade.score < 3 and lang in ["de", "en"]`: `== != < <= > >=`, `in`,
 * `contains`, `and`, `or`, `not` and parentheses. A field is named as it is, one of its properties behind a dot, and
 * any other name as `row["my field"]`. A number and a text that is one compare as numbers.
 *
 * @throws {ConditionError} for what is no condition
 */
export function parseCondition(text: string): Condition {
  return new ConditionParser(tokensOf(text)).parse();
}

class ConditionParser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Condition {
    const condition = this.#either();
    if (this.#next.kind !== "end") throw this.#unexpected("and, or, or the end");
    return condition;
  }

  get #next(): Token {
    return this.#tokens[this.#at] ?? { kind: "end", value: "", offset: 0 };
  }

  #either(): Condition {
    const parts = [this.#all()];
    while (this.#takes("name", "or")) parts.push(this.#all());
    return (fields) => parts.some((part) => part(fields));
  }

  #all(): Condition {
    const parts = [this.#one()];
    while (this.#takes("name", "and")) parts.push(this.#one());
    return (fields) => parts.every((part) => part(fields));
  }

  #one(): Condition {
    if (++this.#depth > MAX_DEPTH) throw new ConditionError("is nested too deep", this.#next.offset);
    try {
      if (this.#takes("name", "not")) {
        const negated = this.#one();
        return (fields) => !negated(fields);
      }
      return this.#takes("mark", "(") ? this.#inner() : this.#comparison();
    } finally {
      this.#depth--;
    }
  }

  #inner(): Condition {
    const condition = this.#either();
    this.#expect(")");
    return condition;
  }

  #comparison(): Condition {
    const left = this.#operand();
    const { kind, value } = this.#next;
    const isKnown = (kind === "mark" || kind === "name") && Object.hasOwn(COMPARISONS, value);
    const compare = isKnown ? COMPARISONS[value] : undefined;
    if (compare === undefined) return (fields) => isTrue(left(fields));
    this.#at++;
    const right = this.#operand();
    return (fields) => compare(left(fields), right(fields));
  }

  #operand(): Operand {
    const { kind, value } = this.#next;
    if (kind === "mark" && value === "[") return this.#list();
    if (kind === "mark" || kind === "end" || (kind === "name" && KEYWORDS.has(value)))
      throw this.#unexpected("a field, a number, or a text in quotes");
    this.#at++;
    if (kind === "number") return () => Number(value);
    if (kind === "text") return () => value;
    if (Object.hasOwn(WORDS, value)) return () => WORDS[value];
    return this.#field(value);
  }

  #list(): Operand {
    this.#expect("[");
    const items: Operand[] = [];
    while (!this.#takes("mark", "]")) {
      if (items.length > 0) this.#expect(",");
      items.push(this.#operand());
    }
    return (fields) => items.map((item) => item(fields));
  }

  #field(first: string): Operand {
    const path = [first];
    for (;;) {
      if (this.#takes("mark", ".")) path.push(this.#word());
      else if (this.#takes("mark", "[")) path.push(this.#bracketed());
      else return (fields) => valueAt(fields, path);
    }
  }

  #word(): string {
    const { kind, value } = this.#next;
    if (kind !== "name") throw this.#unexpected("a name");
    this.#at++;
    return value;
  }

  #bracketed(): string {
    const { kind, value } = this.#next;
    if (kind !== "text") throw this.#unexpected("a name in quotes");
    this.#at++;
    this.#expect("]");
    return value;
  }

  #takes(kind: Token["kind"], value: string): boolean {
    const isNext = this.#next.kind === kind && this.#next.value === value;
    if (isNext) this.#at++;
    return isNext;
  }

  #expect(mark: string): void {
    if (!this.#takes("mark", mark)) throw this.#unexpected(JSON.stringify(mark));
  }

  #unexpected(expected: string): ConditionError {
    const { kind, value, offset } = this.#next;
    const found = kind === "end" ? "it ends" : `there is ${JSON.stringify(value)}`;
    return new ConditionError(`${found} where ${expected} is expected`, offset);
  }
}

/** The value at the end of a path; `row` is the whole row, unless it has a field of that name. */
function valueAt(fields: Fields, path: readonly string[]): unknown {
  const [first = "", ...rest] = path;
  let value: unknown = first === "row" && !Object.hasOwn(fields, "row") ? fields : ownValue(fields, first);
  for (const name of rest) value = ownValue(value, name);
  return value;
}

function ownValue(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Fields)[name];
}
