import { isDeepStrictEqual } from "node:util";
import { topLevelEntries } from "./json-text.ts";

/**
 * JSON of an object that was once read from a text, on one line. What it still has as it was read is spelled as it was
 * read: numbers and escapes; and where nothing has changed, all of the text. Fields stand in the object's order, only those
 * with names such as `10`, which JavaScript puts first, stay behind the field that they stood behind.
 *
 * @param text JSON of an object, as it was read.
 * @throws {TypeError} for a value that JSON cannot hold
 */
export function respell(text: string, fields: object): string {
  if (JSON.stringify(fields) === text) return text;
  const before: Readonly<Record<string, unknown>> = JSON.parse(text);
  if (isDeepStrictEqual(fields, before)) return text;
  const spelled = new Map(topLevelEntries(text));
  const entries = Object.entries(fields).flatMap(([name, value]): Entry[] => {
    const isOld = Object.hasOwn(before, name) && isDeepStrictEqual(value, before[name]);
    const json = isOld ? spelled.get(name) : JSON.stringify(value);
    return json === undefined ? [] : [[name, json]];
  });
  return objectText(inPlace(entries, spelled.keys()));
}

/** A field's name and the text of its value. */
export type Entry = readonly [name: string, json: string];

/** JSON of an object of these fields, in their order. */
export function objectText(entries: readonly Entry[]): string {
  return `{${entries.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(",")}}`;
}

/** Puts names that are numbers back where they stood among the others. New ones come last. */
function inPlace(entries: readonly Entry[], namesBefore: Iterable<string>): readonly Entry[] {
  const numbers = new Map(entries.filter(([name]) => NUMBER.test(name)));
  if (numbers.size === 0) return entries;
  const others = entries.filter(([name]) => !numbers.has(name));
  const names = new Set(others.map(([name]) => name));
  const behind = new Map<string | undefined, Entry[]>();
  let at: string | undefined;
  for (const name of namesBefore) {
    if (names.has(name)) at = name;
    const json = numbers.get(name);
    if (json === undefined) continue;
    numbers.delete(name);
    const those = behind.get(at) ?? [];
    those.push([name, json]);
    behind.set(at, those);
  }
  return [
    ...(behind.get(undefined) ?? []),
    ...others.flatMap((one) => [one, ...(behind.get(one[0]) ?? [])]),
    ...numbers,
  ];
}

/** A name that is an array's index. */
const NUMBER = /^(?:0|[1-9]\d{0,9})$/;
