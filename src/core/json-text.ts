import type { AddedField, Fields } from "./records.ts";

/**
 * Work on the *text* of JSON without spelling it anew: what a user wrote as `1.0` or `12345678901234567890`
 * comes out as such. All functions take text that is known to be JSON, and are linear in its length.
 */

/** Anything deeper would overflow the stack of JSON.stringify and of JSON.parse with a reviver (about 2 500 levels). */
export const MAX_NESTING = 1000;

/** Numbers, in the places where JSON has them, that String(Number(text)) may spell otherwise. */
const DOUBTFUL_NUMBER = /[:[,][ \t\n\r]*(-0(?![.\d])|-?\d{1,15}[.eE][-+.eE\d]*|-?\d{16,})/g;

interface RawJson {
  readonly rawJSON: string;
}

/** JSON.parse with source text access (ECMAScript proposal, in V8 since 11.4), which TypeScript does not know yet. */
interface SourceTextJson {
  rawJSON(text: string): RawJson;
  isRawJSON(value: unknown): value is RawJson;
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
}
const sourceTextJson = JSON as unknown as SourceTextJson;

/**
 * The fields of a JSON object in the order they are written: numeric-looking names, `__proto__` and repeated
 * names too.
 *
 * @param objectText JSON of an object.
 * @returns pairs of name and the value's text
 */
export function topLevelEntries(objectText: string): (readonly [name: string, value: string])[] {
  const entries: (readonly [string, string])[] = [];
  let position = skipSpace(objectText, objectText.indexOf("{") + 1);
  while (objectText[position] === '"') {
    const nameEnd = endOfString(objectText, position);
    const valueStart = skipSpace(objectText, objectText.indexOf(":", nameEnd) + 1);
    const valueEnd = endOfValue(objectText, valueStart);
    entries.push([parseString(objectText.slice(position, nameEnd)), objectText.slice(valueStart, valueEnd)]);
    position = skipSpace(objectText, skipSpace(objectText, valueEnd) + 1);
  }
  return entries;
}

/**
 * The object's text with fields appended before its closing brace; the rest stays byte for byte.
 *
 * @param objectText JSON of an object.
 */
export function spliceFields(objectText: string, added: readonly AddedField[]): string {
  if (added.length === 0) return objectText;
  const end = objectText.lastIndexOf("}");
  const isEmpty = objectText.slice(0, end).trimEnd().endsWith("{");
  const fields = added.map((field) => `${JSON.stringify(field.name)}:${field.json}`).join(",");
  return `${objectText.slice(0, end)}${isEmpty ? "" : ","}${fields}${objectText.slice(end)}`;
}

/**
 * The object's fields as values. A number that JavaScript would spell otherwise (`1.0`, `-0`, big integers) becomes
 * a value that prints as it was spelled, through `JSON.stringify` and {@link renderValue}. `__proto__` is an
 * ordinary own property.
 *
 * @throws {SyntaxError} when the text is not JSON.
 */
export function parseFields(text: string): Fields {
  return (mayRespellNumbers(text) ? sourceTextJson.parse(text, keepSpelling) : JSON.parse(text)) as Fields;
}

/**
 * The string a template shows for a field's value: strings as they are, numbers as spelled, objects and arrays as
 * compact JSON, `null` and a missing value as nothing.
 */
export function renderValue(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "";
  if (sourceTextJson.isRawJSON(value)) return value.rawJSON;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A value of {@link parseFields} as JavaScript has it: a number that was kept as it is spelled becomes a number. */
export function plainValue(value: unknown): unknown {
  return sourceTextJson.isRawJSON(value) ? Number(value.rawJSON) : value;
}

/** The text on one line: without white space outside strings, otherwise as it was. */
export function compact(text: string): string {
  let result = "";
  let position = 0;
  while (position < text.length) {
    const quote = text.indexOf('"', position);
    const stringStart = quote === -1 ? text.length : quote;
    const stringEnd = quote === -1 ? text.length : endOfString(text, quote);
    result += text.slice(position, stringStart).replace(/[ \t\n\r]+/g, "") + text.slice(stringStart, stringEnd);
    position = stringEnd;
  }
  return result;
}

/** Whether arrays and objects are nested deeper than {@link MAX_NESTING}. */
export function isNestedTooDeep(text: string): boolean {
  if (text.length < 2 * MAX_NESTING || !hasManyBrackets(text)) return false;
  let depth = 0;
  const marks = /["{}[\]]/g;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    if (mark[0] === '"') marks.lastIndex = endOfString(text, mark.index);
    else depth += mark[0] === "{" || mark[0] === "[" ? 1 : -1;
    if (depth > MAX_NESTING) return true;
  }
  return false;
}

/** A cheap test, so that ordinary text is not walked through bracket by bracket. */
function hasManyBrackets(text: string): boolean {
  let count = 0;
  for (const bracket of "{[") {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      if (++count > MAX_NESTING) return true;
    }
  }
  return false;
}

/** "Maybe" is right also for what only looks like a number, in a string: it costs time and no more. */
function mayRespellNumbers(text: string): boolean {
  DOUBTFUL_NUMBER.lastIndex = 0;
  for (let match = DOUBTFUL_NUMBER.exec(text); match !== null; match = DOUBTFUL_NUMBER.exec(text)) {
    if (String(Number(match[1])) !== match[1]) return true;
  }
  return false;
}

function keepSpelling(_key: string, value: unknown, context: { source?: string }): unknown {
  if (typeof value !== "number" || context.source === undefined) return value;
  return String(value) !== context.source ? sourceTextJson.rawJSON(context.source) : value;
}

function parseString(text: string): string {
  return text.includes("\\") ? (JSON.parse(text) as string) : text.slice(1, -1);
}

/** Index behind the value that starts at `start`. */
function endOfValue(text: string, start: number): number {
  const first = text[start];
  if (first === '"') return endOfString(text, start);
  if (first === "{" || first === "[") return endOfContainer(text, start);
  const end = /[,}\] \t\n\r]/g;
  end.lastIndex = start;
  return end.exec(text)?.index ?? text.length;
}

function endOfContainer(text: string, start: number): number {
  const marks = /["{}[\]]/g;
  marks.lastIndex = start;
  let depth = 0;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    if (mark[0] === '"') marks.lastIndex = endOfString(text, mark.index);
    else depth += mark[0] === "{" || mark[0] === "[" ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  return text.length;
}

/** Index behind the closing quote of the string that opens at `open`. */
function endOfString(text: string, open: number): number {
  let close = text.indexOf('"', open + 1);
  while (close !== -1 && isEscaped(text, close)) close = text.indexOf('"', close + 1);
  return close === -1 ? text.length : close + 1;
}

function isEscaped(text: string, index: number): boolean {
  let slashes = 0;
  while (text[index - 1 - slashes] === "\\") slashes++;
  return slashes % 2 === 1;
}

function skipSpace(text: string, start: number): number {
  let position = start;
  while (isSpace(text.charCodeAt(position))) position++;
  return position;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}
