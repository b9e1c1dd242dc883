import type { OptionDefinition } from "../option-definition.ts";

const group = "input";
const split = ["split"] as const;
const writers = ["split", "grade", "merge"] as const;

/** Where the parts of an input go. How large they may be, the options of chunks say. */
export const splittingOptions = {
  "output-dir": {
    type: "string",
    summary: "Write a file for each input into this folder, or its parts (split); made if need be",
    group,
    commands: writers,
    value: "DIR",
    path: "directory",
    defaultText: "split: beside the input; the current folder for stdin",
    example: "parts",
  },
  overwrite: {
    type: "boolean",
    summary: "Replace parts that are there already",
    group,
    commands: split,
    default: false,
    flagOnly: true,
  },
  "count-tokens": {
    type: "boolean",
    summary: "Count the tokens of each part, too",
    group,
    commands: split,
    defaultText: "with --chunk-tokens, and when a model or an encoding is given",
    example: true,
  },
} as const satisfies Record<string, OptionDefinition>;
