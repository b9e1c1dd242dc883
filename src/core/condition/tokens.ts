/** A piece of a condition, and where in its text it begins. */
export interface Token {
  readonly kind: "name" | "text" | "number" | "mark" | "end";
  /** What it says: a text without its quotes. */
  readonly value: string;
  readonly offset: number;
}

/** A condition cannot be read. */
export class ConditionError extends Error {
  /** Where in the condition's text, 0-based. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.name = new.target.name;
    this.offset = offset;
  }
}

const TOKEN =
  /\s*(?:(?<number>-?\d+(?:\.\d+)?)|(?<name>[\p{L}_][\p{L}\p{N}_-]*)|"(?<double>[^"]*)"|'(?<single>[^']*)'|(?<mark>==|!=|<=|>=|[<>()[\],.]))/uy;

/** Cuts a condition into its pieces. @throws {ConditionError} at what is none */
export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (text.slice(at).trim() !== "") {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    const offset = at + (text.slice(at).length - text.slice(at).trimStart().length);
    if (match?.groups === undefined) throw new ConditionError(`cannot read ${describe(text.slice(offset))}`, offset);
    tokens.push(tokenOf(match.groups, offset));
    at = TOKEN.lastIndex;
  }
  return [...tokens, { kind: "end", value: "", offset: text.length }];
}

function tokenOf(groups: Readonly<Record<string, string | undefined>>, offset: number): Token {
  const { number, name, double, single, mark = "" } = groups;
  if (number !== undefined) return { kind: "number", value: number, offset };
  if (name !== undefined) return { kind: "name", value: name, offset };
  const text = double ?? single;
  return text === undefined ? { kind: "mark", value: mark, offset } : { kind: "text", value: text, offset };
}

function describe(rest: string): string {
  if (/^=(?!=)/.test(rest)) return '"=": to compare, write ==';
  return JSON.stringify(rest.slice(0, 12));
}
