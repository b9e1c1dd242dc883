import type { OptionDefinition } from "../option-definition.ts";

const group = "ledger";

/** What is looked at, cancelled and deleted of a ledger. */
export const ledgerOptions = {
  all: {
    type: "boolean",
    summary: "All runs (cancel: all that have anything to cancel)",
    group,
    commands: ["status", "cancel"],
    default: false,
    flagOnly: true,
  },
  refresh: {
    type: "boolean",
    summary: "Ask the provider how far the batches in flight have come",
    group,
    commands: ["status"],
    default: false,
    flagOnly: true,
  },
  "older-than": {
    type: "duration",
    summary: "Delete answers, too, that came longer ago; they would be asked and paid again",
    group,
    commands: ["gc"],
    value: "DURATION",
    minimum: 0,
    flagOnly: true,
    defaultText: "answers are kept",
    example: "30d",
  },
  remote: {
    type: "boolean",
    summary: "Delete files, too, that earlier runs have left at the provider",
    group,
    commands: ["gc"],
    default: false,
    flagOnly: true,
  },
} as const satisfies Record<string, OptionDefinition>;
