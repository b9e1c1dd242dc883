import { formats } from "../../formats/index.ts";
import type { OptionDefinition } from "../option-definition.ts";

const group = "input";
const rowCommands = ["grade", "count", "split", "build", "merge"] as const;
const choices = Object.keys(formats) as (keyof typeof formats)[];
const synonyms = { ndjson: "jsonl" };

/** What comes in, what goes out, and what becomes of rows that fail. */
export const inputOutputOptions = {
  "input-format": {
    type: "enum",
    summary: "Format of the input",
    group,
    commands: [...rowCommands, "convert"],
    choices,
    synonyms,
    defaultText: "by file name extension, else sniffed",
    example: "csv",
  },
  "output-format": {
    type: "enum",
    summary: "Format of the output",
    group,
    commands: ["grade", "merge", "convert"],
    choices,
    synonyms,
    defaultText: "by file name extension, else the input's",
    example: "jsonl",
  },
  output: {
    type: "string",
    summary: "Write rows here (report: the page), by way of a temporary file beside it; - is stdout",
    group,
    commands: ["grade", "build", "submit", "merge", "convert", "report"],
    alias: "o",
    value: "FILE",
    path: "file",
    defaultText: "stdout",
    example: "graded.jsonl",
  },
  errors: {
    type: "string",
    summary: "Write failed rows here too",
    group,
    commands: ["grade", "build", "submit", "merge", "convert"],
    value: "FILE",
    path: "file",
    example: "failed.jsonl",
  },
  order: {
    type: "enum",
    summary: "Write rows in the input's order, or as answers come",
    group,
    commands: ["grade", "submit"],
    choices: ["input", "completion"],
    default: "input",
  },
  "on-error": {
    type: "enum",
    summary: "A failed row is kept with its error, skipped (--errors has it), or halts the run",
    group,
    commands: ["grade", "submit", "merge"],
    choices: ["keep", "skip", "halt"],
    default: "keep",
  },
  "halt-on": {
    type: "list",
    summary: "Halt the run at the first row that failed with this code; several with commas",
    group,
    commands: ["grade", "submit", "merge"],
    value: "CODE",
    example: ["rejected"],
  },
  meta: {
    type: "boolean",
    summary: "Add grade_meta to each row: batch, model, finish reason, usage, attempts; submit: bg_pipe to each line",
    group,
    commands: ["grade", "submit", "merge"],
    default: false,
  },
  results: {
    type: "list",
    summary: "File of result lines, or a pattern; may be repeated; - is stdin",
    group,
    commands: ["merge"],
    value: "FILE",
    path: "file",
    flagOnly: true,
    example: ["results.jsonl"],
  },
  "max-record-bytes": {
    type: "size",
    summary: "A longer input record is a failed row",
    group,
    commands: [...rowCommands, "submit", "convert"],
    minimum: 1,
    default: "16MiB",
  },
} as const satisfies Record<string, OptionDefinition>;
