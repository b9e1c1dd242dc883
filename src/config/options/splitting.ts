import type { OptionDefinition } from "../option-definition.ts";

const group = "input";
const split = ["split"] as const;

/** Where the parts of an input go. How large they may be, the options of chunks say. */
export const splittingOptions = {
  "output-dir": {
    type: "string",
    summary: "Write parts into this folder, which is made if need be",
    group,
    commands: split,
    value: "DIR",
    path: "directory",
    defaultText: "beside the input; the current folder for stdin",
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
