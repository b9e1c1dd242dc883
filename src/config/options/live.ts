import type { OptionDefinition } from "../option-definition.ts";

const group = "live";
const grade = ["grade"] as const;

/** Answering over the ordinary endpoint. */
export const liveOptions = {
  mode: {
    type: "enum",
    summary: "By the Batch API, one by one over the ordinary endpoint, or by what suits the number of rows",
    group,
    commands: grade,
    choices: ["batch", "live", "auto"],
    default: "batch",
  },
  deadline: {
    type: "duration",
    summary: "After this time cancel the batches that are at work, keep what they have finished, and go on live",
    group,
    commands: grade,
    value: "DURATION",
    minimum: 0,
    defaultText: "none",
    example: "2h",
  },
  "live-below": {
    type: "size",
    summary: "With --mode auto, fewer rows than this go live",
    group,
    commands: grade,
    minimum: 1,
    default: 200,
  },
  concurrency: {
    type: "integer",
    summary: "Most live calls at a time",
    group,
    commands: grade,
    minimum: 1,
    maximum: 10_000,
    defaultText: "as many as the provider bears",
    example: 50,
  },
  rpm: {
    type: "size",
    summary: "Most live requests per minute",
    group,
    commands: grade,
    minimum: 1,
    defaultText: "what the provider's headers say",
    example: 5000,
  },
  tpm: {
    type: "size",
    summary: "Most tokens per minute of live requests, input and expected output",
    group,
    commands: grade,
    minimum: 1,
    defaultText: "what the provider's headers say",
    example: "2M",
  },
  "attempt-timeout": {
    type: "duration",
    summary: "How long a live call may take before it is made again",
    group,
    commands: grade,
    minimum: 0.001,
    default: "10m",
  },
  "request-timeout": {
    type: "duration",
    summary: "How long a live request may take in all, with every attempt",
    group,
    commands: grade,
    minimum: 0.001,
    defaultText: "no limit",
    example: "15m",
  },
  "transport-retries": {
    type: "integer",
    summary: "How often a live call that got no answer, or a server error, is made again at once",
    group,
    commands: grade,
    minimum: 0,
    default: 4,
  },
} as const satisfies Record<string, OptionDefinition>;
