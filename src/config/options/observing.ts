import type { OptionDefinition } from "../option-definition.ts";

const group = "around";

/** How a run is watched: on the terminal, and by Prometheus. */
export const observingOptions = {
  progress: {
    type: "enum",
    summary: "Show how far the run is: live on a terminal, else a line every 30 s",
    group,
    commands: ["grade", "submit"],
    choices: ["auto", "always", "never"],
    default: "auto",
  },
  watch: {
    type: "boolean",
    summary: "Show the runs at work, live, until none of their batches is at the provider",
    group: "ledger",
    commands: ["status"],
    default: false,
    flagOnly: true,
  },
  "metrics-port": {
    type: "integer",
    summary: "Serve Prometheus metrics on 127.0.0.1 at this port, under /metrics; 0 takes any that is free",
    group,
    commands: ["grade", "submit"],
    minimum: 0,
    maximum: 65_535,
    defaultText: "not served",
    example: 9464,
  },
  "metrics-file": {
    type: "string",
    summary: "Write Prometheus metrics here every 10 s and at the end, for a textfile collector",
    group,
    commands: ["grade", "submit"],
    value: "FILE",
    path: "file",
    example: "bg-pipe.prom",
  },
  "metrics-push": {
    type: "string",
    summary: "Push Prometheus metrics to this Pushgateway every 10 s and at the end",
    group,
    commands: ["grade", "submit"],
    value: "URL",
    example: "http://localhost:9091",
  },
} as const satisfies Record<string, OptionDefinition>;
