import type { OptionDefinition } from "../option-definition.ts";

const group = "around";
const ofRows = ["grade", "build", "submit", "merge", "count", "split", "convert"] as const;
const ofLedger = ["status", "cancel", "costs", "report", "gc"] as const;
const all = [...ofRows, ...ofLedger, "prices", "emulate", "config"] as const;

/** What stands around a run: configuration, state, logs. */
export const aroundOptions = {
  config: {
    type: "string",
    summary: "Project file to read instead of ./bg-pipe.yaml",
    group,
    commands: all,
    value: "FILE",
    path: "file",
    flagOnly: true,
    example: "other.yaml",
  },
  "state-dir": {
    type: "string",
    summary: "Where the ledger lives, on a local disk",
    group,
    commands: all,
    value: "DIR",
    path: "directory",
    default: "$XDG_STATE_HOME/bg-pipe",
    example: "~/.local/state/bg-pipe",
  },
  "log-level": {
    type: "enum",
    summary: "Least weight of what is logged on stderr",
    group,
    commands: all,
    choices: ["error", "warn", "info", "debug"],
    default: "info",
  },
  "log-format": {
    type: "enum",
    summary: "Shape of log lines",
    group,
    commands: all,
    choices: ["text", "json"],
    default: "text",
  },
  "log-file": {
    type: "string",
    summary: "Write the log here, too, as lines of JSON",
    group,
    commands: all,
    value: "FILE",
    path: "file",
    example: "bg-pipe.log",
  },
  "log-file-size": {
    type: "size",
    summary: "Bytes after which the log file is set aside, as FILE.1",
    group,
    commands: all,
    minimum: 1_000,
    default: 10_000_000,
  },
  "log-file-count": {
    type: "integer",
    summary: "Log files set aside that are kept",
    group,
    commands: all,
    minimum: 0,
    default: 5,
  },
  quiet: {
    type: "boolean",
    summary: "Log only warnings and errors",
    group,
    commands: all,
    alias: "q",
    default: false,
  },
  summary: {
    type: "string",
    summary: "Write the run's summary here, as JSON",
    group,
    commands: ["grade", "submit"],
    value: "FILE",
    path: "file",
    example: "summary.json",
  },
  json: {
    type: "boolean",
    summary: "Print JSON",
    group,
    commands: ["config", "count", "split", "prices", "costs", "report", "status", "cancel", "gc"],
    default: false,
    flagOnly: true,
  },
} as const satisfies Record<string, OptionDefinition>;
