import type { OptionDefinition } from "../option-definition.ts";

const group = "stopping";
const grade = ["grade"] as const;

/** When a run stops, waits or asks again. */
export const stoppingOptions = {
  retries: {
    type: "integer",
    summary: "How often a request that failed in passing is asked again",
    group,
    commands: grade,
    minimum: 0,
    default: 3,
  },
  "poll-interval": {
    type: "duration",
    summary: "Time between two looks at a batch",
    group,
    commands: grade,
    value: "SECONDS",
    minimum: 0,
    defaultText: "the provider's, growing",
    example: 30,
  },
  "dry-run": {
    type: "boolean",
    summary: "Say what would be asked, and make no request",
    group,
    commands: grade,
    default: false,
    flagOnly: true,
  },
  fresh: {
    type: "boolean",
    summary: "Ask again (and pay again) for what the ledger has answered",
    group,
    commands: grade,
    default: false,
    flagOnly: true,
  },
} as const satisfies Record<string, OptionDefinition>;
