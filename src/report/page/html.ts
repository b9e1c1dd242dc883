/** Text of HTML that may be put into a page as it is. */
export class Html {
  readonly text: string;

  /** @param text Trusted; what comes from data goes through {@link html}. */
  constructor(text: string) {
    this.text = text;
  }
}

/** What can stand in a template: text, which is escaped, HTML, which is not, lists of them, and nothing. */
export type Part = string | number | Html | undefined | readonly Part[];

/** HTML of a template, in which everything that is not HTML already is escaped. */
export function html(literals: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(literals.map((literal, index) => literal + textOf(parts[index])).join(""));
}

/** JSON to stand in a `script` element: nothing in it can end that. */
export function scriptJson(value: unknown): Html {
  return new Html(JSON.stringify(value).replaceAll("<", "\\u003c"));
}

function textOf(part: Part): string {
  if (part === undefined) return "";
  if (part instanceof Html) return part.text;
  if (typeof part === "object") return part.map(textOf).join("");
  return String(part).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
