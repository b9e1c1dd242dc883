import type { OptionDefinition } from "../option-definition.ts";

const group = "stopping";
const asking = ["grade", "submit"] as const;

/** When a run stops, waits or asks again. */
export const stoppingOptions = {
  retries: {
    type: "integer",
    summary: "How often a request that failed in passing is asked again",
    group,
    commands: asking,
    minimum: 0,
    default: 3,
  },
  escalate: {
    type: "list",
    summary: "Ask these models, one after the other, when an answer was invalid or cut off; several with commas",
    group,
    commands: ["grade"],
    value: "MODEL",
    example: ["gpt-5-mini"],
  },
  "poll-interval": {
    type: "duration",
    summary: "Time between two looks at a batch",
    group,
    commands: [...asking, "status", "cancel"],
    value: "SECONDS",
    minimum: 0,
    defaultText: "the provider's, growing",
    example: 30,
  },
  "max-cost": {
    type: "number",
    summary: "Ask nothing that would take the run beyond so many US dollars",
    group,
    commands: asking,
    value: "USD",
    minimum: 0,
    defaultText: "no limit",
    example: 25,
  },
  "token-limit": {
    type: "size",
    summary: "Ask nothing that would take the run beyond so many input tokens",
    group,
    commands: asking,
    minimum: 0,
    defaultText: "no limit",
    example: "50M",
  },
  wait: {
    type: "duration",
    summary: "Leave batches that are at work after this time to a later run of the same command",
    group,
    commands: [...asking, "cancel"],
    value: "DURATION",
    minimum: 0,
    defaultText: "as long as it takes",
    example: "10m",
  },
  detach: {
    type: "boolean",
    summary: "Submit what there is to ask in batches, collect what is ready, and do not wait",
    group,
    commands: asking,
    default: false,
  },
  "dry-run": {
    type: "boolean",
    summary: "Say what would be done, and make no request",
    group,
    commands: [...asking, "gc"],
    default: false,
    flagOnly: true,
  },
  fresh: {
    type: "boolean",
    summary: "Ask again (and pay again) for what the ledger has answered",
    group,
    commands: asking,
    default: false,
    flagOnly: true,
  },
} as const satisfies Record<string, OptionDefinition>;
