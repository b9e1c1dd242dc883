import { parse } from "csv-parse/sync";
import { ConfigurationError, messageOf } from "../core/errors.ts";
import { type Example, exampleShape } from "./prompt.ts";
import { YamlFile } from "./yaml-file.ts";

/** Where an object in an examples file may have its text. */
const TEXT_KEYS = ["text", "example", "response"];
const SHAPES = `a text, an object with ${TEXT_KEYS.join(", ")}, or an object with fields and answer`;

/**
 * Reads examples from a file's text. Text (`.txt`): one example per line, or, where there are blank lines, one per
 * paragraph. `.jsonl`: one per line. `.yaml`, `.yml` and `.json`: a list. `.csv` and `.tsv`: one per record, with the
 * answer it should get in the column `answer`, or a column with the text.
 *
 * @throws {ConfigurationError} naming the file and line; also when there is no example in it.
 */
export function loadExamples(text: string, file: string): readonly Example[] {
  const examples = readExamples(text.replace(/^\uFEFF/, ""), file);
  if (examples.length > 0) return examples;
  throw new ConfigurationError(`${file}: there is no example in it`, { hint: "Write one example per line." });
}

function readExamples(text: string, file: string): readonly Example[] {
  if (/\.jsonl$/i.test(file)) return readLines(text, file);
  if (/\.[ct]sv$/i.test(file)) return readTable(text, file);
  return /\.(ya?ml|json)$/i.test(file) ? readList(text, file) : readText(text);
}

function readText(text: string): readonly Example[] {
  const normal = text.replaceAll("\r\n", "\n").trim();
  const parts = /\n[ \t]*\n/.test(normal) ? normal.split(/\n(?:[ \t]*\n)+/) : normal.split("\n");
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

function readLines(text: string, file: string): readonly Example[] {
  return text
    .split("\n")
    .flatMap((line, index) => (line.trim() === "" ? [] : [readLine(line, `${file}:${index + 1}`)]));
}

function readLine(line: string, place: string): Example {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new ConfigurationError(`${place}: not JSON: ${messageOf(cause)}`, { cause });
  }
  const example = toExample(value);
  if (example === undefined) throw new ConfigurationError(`${place}: an example must be ${SHAPES}`);
  return example;
}

function readTable(text: string, file: string): readonly Example[] {
  let records: readonly Record<string, string>[];
  try {
    records = parse(text, { columns: true, skip_empty_lines: true, delimiter: /\.tsv$/i.test(file) ? "\t" : "," });
  } catch (cause) {
    throw new ConfigurationError(`${file}: ${messageOf(cause)}`, { cause });
  }
  return records.map(({ answer, ...fields }, index) => {
    const example = answer === undefined ? toExample(fields) : { fields, answer: answerOf(answer) };
    if (example === undefined) {
      throw new ConfigurationError(`${file}: record ${index + 1} has no column answer, ${TEXT_KEYS.join(", ")}`);
    }
    return example;
  });
}

/** An object in a cell is an object; all else is a text. */
function answerOf(cell: string): unknown {
  if (!cell.startsWith("{")) return cell;
  try {
    return JSON.parse(cell);
  } catch {
    return cell;
  }
}

function readList(text: string, file: string): readonly Example[] {
  const yaml = new YamlFile(text, file);
  const list = yaml.toValue();
  if (!Array.isArray(list)) throw yaml.error([], "value", "examples must be a list");
  return list.map((item: unknown, index) => {
    const example = toExample(item);
    if (example === undefined) throw yaml.error([index], "value", `an example must be ${SHAPES}`);
    return example;
  });
}

function toExample(value: unknown): Example | undefined {
  const parsed = exampleShape.safeParse(value);
  if (parsed.success) return parsed.data;
  if (typeof value !== "object" || value === null) return undefined;
  const fields = new Map<string, unknown>(Object.entries(value));
  const text = TEXT_KEYS.map((key) => fields.get(key)).find((candidate) => typeof candidate === "string");
  return typeof text === "string" ? text : undefined;
}
