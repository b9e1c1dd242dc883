import { redact } from "../core/redact.ts";
import type { OptionDefinition, Parsed } from "./option-definition.ts";
import { checkMap, checkSecret, parseEntries } from "./structured-values.ts";
import { parseDuration, parseNumber, parseSize } from "./units.ts";

const LONGEST_SHOWN = 60;

/** Reads an option's value from the texts of a flag (one per use; only lists and maps look at more than the last). */
export function parseTexts(definition: OptionDefinition, texts: readonly string[]): Parsed {
  if (definition.type === "list") return { value: texts };
  if (definition.type === "json-map") return parseEntries(texts);
  return parseText(definition, texts.at(-1) ?? "");
}

/** Reads an option's value from an environment variable: lists are split at commas, maps are JSON objects. */
export function parseVariable(definition: OptionDefinition, text: string): Parsed {
  if (definition.type === "list") return { value: text.split(",").map((item) => item.trim()) };
  if (definition.type !== "json-map") return parseText(definition, text);
  try {
    return parseData(definition, JSON.parse(text));
  } catch {
    return { problem: "is not a JSON object" };
  }
}

/** Checks an option's value as YAML gave it. A text stands for a number only where units are usual. */
export function parseData(definition: OptionDefinition, data: unknown): Parsed {
  switch (definition.type) {
    case "json-map":
      return checkMap(data);
    case "secret":
      return checkSecret(data);
    case "list":
      return isListOfTexts(data) ? { value: data } : wrong(definition, data);
    case "boolean":
      return typeof data === "boolean" ? { value: data } : wrong(definition, data);
    case "size":
    case "duration":
      return typeof data === "string" ? parseText(definition, data) : checkNumber(definition, data);
    case "integer":
    case "number":
      return checkNumber(definition, data);
    default:
      return typeof data === "string" ? parseText(definition, data) : wrong(definition, data);
  }
}

function parseText(definition: OptionDefinition, text: string): Parsed {
  switch (definition.type) {
    case "boolean":
      return parseBoolean(definition, text);
    case "size":
      return checkNumber(definition, parseSize(text), text);
    case "duration":
      return checkNumber(definition, parseDuration(text), text);
    case "integer":
    case "number":
      return checkNumber(definition, parseNumber(text), text);
    case "enum":
      return checkChoice(definition, text);
    default:
      return text === "" && !definition.mayBeEmpty ? { problem: "is empty" } : { value: text };
  }
}

function parseBoolean(definition: OptionDefinition, text: string): Parsed {
  const word = text.toLowerCase();
  if (word === "true" || word === "1") return { value: true };
  if (word === "false" || word === "0") return { value: false };
  return wrong(definition, text);
}

function checkNumber(definition: OptionDefinition, number: unknown, given: unknown = number): Parsed {
  const { minimum = -Infinity, maximum = Infinity } = definition;
  const mayBeFraction = definition.type === "number" || definition.type === "duration";
  const isNumber = typeof number === "number" && Number.isFinite(number);
  if (!isNumber || !(mayBeFraction || Number.isSafeInteger(number))) return wrong(definition, given);
  return number >= minimum && number <= maximum ? { value: number } : wrong(definition, given);
}

function checkChoice(definition: OptionDefinition, text: string): Parsed {
  const { choices = [], synonyms = {} } = definition;
  const choice = Object.hasOwn(synonyms, text) ? synonyms[text] : text;
  return choice !== undefined && choices.includes(choice) ? { value: choice } : wrong(definition, text);
}

function isListOfTexts(data: unknown): data is readonly string[] {
  return Array.isArray(data) && data.every((item) => typeof item === "string");
}

function wrong(definition: OptionDefinition, given: unknown): Parsed {
  return { problem: `is ${show(given)}, but has to be ${expectation(definition)}` };
}

/** What an option's value has to be, in words. */
export function expectation(definition: OptionDefinition): string {
  const nouns: Readonly<Record<OptionDefinition["type"], string>> = {
    string: "a text (quote it)",
    integer: "a whole number",
    size: "a whole number, perhaps with a unit like 50k, 200MB or 10MiB,",
    number: "a number",
    duration: "a number of seconds, or a time like 500ms, 30s, 5m or 2h,",
    boolean: "true or false",
    list: "a list of texts",
    enum: `one of ${definition.choices?.join(", ")}`,
    "json-map": "a map",
    secret: "{ file: PATH } or { env: NAME }",
  };
  return (nouns[definition.type] + bounds(definition)).replace(/,$/, "");
}

function bounds({ minimum, maximum }: OptionDefinition): string {
  if (minimum === undefined) return "";
  return maximum === undefined ? ` of at least ${minimum}` : ` from ${minimum} to ${maximum}`;
}

function show(given: unknown): string {
  if (given === null || given === undefined) return "empty";
  const text = redact(JSON.stringify(given) ?? String(given));
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}
