import type { OptionDefinition } from "../option-definition.ts";

const group = "judging";
const commands = ["grade"] as const;

/** Who answers how often, and what answers are compared with. */
export const judgingOptions = {
  judge: {
    type: "list",
    summary: "Model that is asked of every row in the place of --model; repeat it, or several with commas",
    group,
    commands,
    value: "MODEL",
    example: ["gpt-5-mini", "gpt-4.1"],
  },
  samples: {
    type: "integer",
    summary: "Answers of each model to each row, combined to one",
    group,
    commands,
    default: 1,
    minimum: 1,
    maximum: 32,
  },
  quorum: {
    type: "integer",
    summary: "Answers that a row needs at the least; with fewer it fails",
    group,
    commands,
    default: 1,
    minimum: 1,
    maximum: 32,
  },
  label: {
    type: "string",
    summary: "Field of the row with the right answer: the summary says how well the answers agree with it",
    group,
    commands,
    value: "FIELD",
    example: "human_score",
  },
  "label-answer": {
    type: "string",
    summary: "Field of the answer that is compared with the label; below it with dots",
    group,
    commands,
    value: "FIELD",
    defaultText:
      "the only one that is not free text, else score; for labels that say yes or no, the one that is true or false",
    example: "score",
  },
  probe: {
    type: "string",
    summary: "File of rows that each run asks anew: the summary says what has changed since the last time",
    group,
    commands,
    value: "FILE",
    path: "file",
    example: "probe.jsonl",
  },
} as const satisfies Record<string, OptionDefinition>;
