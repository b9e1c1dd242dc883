import type { OptionDefinition } from "../option-definition.ts";

/** How counting goes about it. */
export const countingOptions = {
  workers: {
    type: "integer",
    summary: "Threads that count JSON Lines; 0 or 1 for none beside the one that reads",
    group: "input",
    commands: ["count"],
    minimum: 0,
    maximum: 64,
    defaultText: "as many as pay, one per core and 8 at most",
    example: 2,
  },
} as const satisfies Record<string, OptionDefinition>;
