import type { SeededRandom } from "./random.ts";
import { SchemaError, type SchemaNode } from "./schema-node.ts";
import { sentence, wordsOfLength } from "./words.ts";

const MAX_LENGTH = 100_000;
const USUAL_MAX_LENGTH = 200;

/**
 * A string of the wanted format, or between the wanted lengths. A `pattern` is not looked at.
 *
 * @throws {SchemaError} when the lengths exclude each other or are beyond reason.
 */
export function stringFor(node: SchemaNode, random: SeededRandom): string {
  const format = typeof node.format === "string" ? FORMATS.get(node.format) : undefined;
  if (format !== undefined) return format(random);
  const minLength = typeof node.minLength === "number" ? node.minLength : 0;
  const maxLength = typeof node.maxLength === "number" ? node.maxLength : Math.max(minLength + 20, USUAL_MAX_LENGTH);
  if (minLength > MAX_LENGTH || minLength > maxLength) {
    throw new SchemaError(`there is no string of length ${minLength} to ${maxLength}`);
  }
  const text = sentence(random);
  return text.length >= minLength && text.length <= maxLength ? text : wordsOfLength(random, minLength, maxLength);
}

const FORMATS: ReadonlyMap<string, (random: SeededRandom) => string> = new Map([
  ["date", day],
  ["time", time],
  ["date-time", (random) => `${day(random)}T${time(random)}`],
  ["duration", (random) => `PT${random.integer(1, 59)}M`],
  ["email", (random) => `reader${random.integer(1, 999)}@example.com`],
  ["hostname", (random) => `host${random.integer(1, 999)}.example.com`],
  ["uri", (random) => `https://example.com/${random.integer(1, 999)}`],
  ["ipv4", (random) => `192.0.2.${random.integer(1, 254)}`],
  ["ipv6", (random) => `2001:db8::${random.integer(1, 9999)}`],
  ["uuid", uuid],
]);

function day(random: SeededRandom): string {
  return `2025-${twoDigits(random.integer(1, 12))}-${twoDigits(random.integer(1, 28))}`;
}

function time(random: SeededRandom): string {
  return `${twoDigits(random.integer(0, 23))}:${twoDigits(random.integer(0, 59))}:00Z`;
}

function uuid(random: SeededRandom): string {
  const hex = Array.from({ length: 32 }, () => random.integer(0, 15).toString(16)).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}
