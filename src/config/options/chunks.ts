import type { OptionDefinition } from "../option-definition.ts";

const group = "chunks";
const asking = ["grade", "submit"] as const;
const rowCommands = [...asking, "count", "split"] as const;
const defaultText = "the provider's limit";

/** How requests are put into batches. */
export const chunkOptions = {
  "chunk-rows": {
    type: "size",
    summary: "Most requests in a batch; split: most rows in a part",
    group,
    commands: rowCommands,
    minimum: 1,
    defaultText,
    example: 5000,
  },
  "chunk-bytes": {
    type: "size",
    summary: "Most bytes in a batch's input file; split: in a part",
    group,
    commands: rowCommands,
    value: "SIZE",
    minimum: 1,
    defaultText,
    example: "50MB",
  },
  "chunk-tokens": {
    type: "size",
    summary: "Most input tokens in a batch; split: in a part, by the requests that grade would make",
    group,
    commands: rowCommands,
    minimum: 1,
    defaultText: "no limit but --enqueued-tokens",
    example: "2M",
  },
  "chunk-count": {
    type: "integer",
    summary: "Make this many batches, whatever their size; split: parts of equally many rows",
    group,
    commands: rowCommands,
    minimum: 1,
    // Each has a file open while it is filled.
    maximum: 500,
    example: 8,
  },
  "max-batches": {
    type: "integer",
    summary: "Most batches in flight at a time",
    group,
    commands: asking,
    minimum: 1,
    default: 20,
  },
  "enqueued-tokens": {
    type: "size",
    summary: "Most input tokens in flight at a time, per model",
    group,
    commands: [...asking, "count"],
    minimum: 1,
    defaultText: "what the provider's refusals teach",
    example: "20M",
  },
  "batches-per-hour": {
    type: "integer",
    summary: "Most batches created within an hour, by all runs on the ledger",
    group,
    commands: asking,
    minimum: 1,
    defaultText: "the provider's limit",
    example: 500,
  },
} as const satisfies Record<string, OptionDefinition>;
