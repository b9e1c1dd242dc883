/** Where and why a text is not JSON. */
export interface JsonFault {
  readonly message: string;
  /** Index of the offending character, in UTF-16 code units. */
  readonly index: number;
}

type Expected = "value" | "value or ]" | "name" | "name or }" | "colon" | "comma or end" | "end";

const EXPECTATIONS: Readonly<Record<Expected, string>> = {
  value: "expected a value",
  "value or ]": "expected a value or ']'",
  name: "expected a field name in double quotes",
  "name or }": "expected a field name in double quotes or '}'",
  colon: "expected ':' after the field name",
  "comma or end": "expected ',' or the closing bracket after the value",
  end: "unexpected text after the end",
};
const SCALAR = /(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/**
 * The first fault in a text that JSON.parse refused, whose own messages often tell no position.
 * Linear, and without recursion.
 *
 * @returns undefined when the text is JSON after all.
 */
export function findJsonFault(text: string): JsonFault | undefined {
  const checker = new JsonChecker(text);
  while (checker.isRunning) checker.step();
  return checker.fault;
}

class JsonChecker {
  fault: JsonFault | undefined;
  isRunning = true;
  readonly #text: string;
  readonly #open: string[] = [];
  #expected: Expected = "value";
  #index = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Takes one token. */
  step(): void {
    this.#skipSpace();
    const character = this.#text[this.#index];
    if (character === undefined) this.#finish();
    else if (this.#expected === "end") this.#fail();
    else if (this.#expected === "colon") this.#takeColon(character);
    else if (this.#expected === "comma or end") this.#takeSeparator(character);
    else if (this.#expected === "name" || this.#expected === "name or }") this.#takeName(character);
    else this.#takeValue(character);
  }

  #skipSpace(): void {
    while (" \t\n\r".includes(this.#text[this.#index] ?? "end")) this.#index++;
  }

  #finish(): void {
    this.isRunning = false;
    if (this.#expected !== "end") this.fault = { message: "the text ends too early", index: this.#text.length };
  }

  #fail(message: string = EXPECTATIONS[this.#expected]): void {
    this.isRunning = false;
    this.fault = { message, index: this.#index };
  }

  #takeColon(character: string): void {
    if (character === ":") this.#advance("value");
    else this.#fail();
  }

  #takeSeparator(character: string): void {
    const isObject = this.#open.at(-1) === "{";
    if (character === (isObject ? "}" : "]")) this.#close();
    else if (character === ",") this.#advance(isObject ? "name" : "value");
    else this.#fail();
  }

  #takeName(character: string): void {
    if (character === "}" && this.#expected === "name or }") this.#close();
    else if (character !== '"') this.#fail();
    else if (this.#takeString()) this.#expected = "colon";
  }

  #takeValue(character: string): void {
    if (character === "]" && this.#expected === "value or ]") this.#close();
    else if (character === "{" || character === "[") this.#enter(character);
    else if (character === '"' ? this.#takeString() : this.#takeScalar()) this.#valueDone();
  }

  #takeScalar(): boolean {
    SCALAR.lastIndex = this.#index;
    const isScalar = SCALAR.test(this.#text);
    if (isScalar) this.#index = SCALAR.lastIndex;
    else this.#fail();
    return isScalar;
  }

  #advance(expected: Expected): void {
    this.#index++;
    this.#expected = expected;
  }

  #enter(bracket: "{" | "["): void {
    this.#open.push(bracket);
    this.#advance(bracket === "{" ? "name or }" : "value or ]");
  }

  #close(): void {
    this.#open.pop();
    this.#index++;
    this.#valueDone();
  }

  #valueDone(): void {
    this.#expected = this.#open.length === 0 ? "end" : "comma or end";
  }

  /** @returns whether the string was whole */
  #takeString(): boolean {
    for (let index = this.#index + 1; index < this.#text.length; index++) {
      const code = this.#text.charCodeAt(index);
      if (code === 0x22) {
        this.#index = index + 1;
        return true;
      }
      if (code >= 0x20 && code !== 0x5c) continue;
      ESCAPE.lastIndex = index;
      if (!ESCAPE.test(this.#text)) {
        this.#index = index;
        this.#fail(code === 0x5c ? "bad escape in a string" : "raw control character in a string");
        return false;
      }
      index = ESCAPE.lastIndex - 1;
    }
    this.#fail("a string is not closed");
    return false;
  }
}
