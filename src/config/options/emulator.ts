import type { OptionDefinition } from "../option-definition.ts";

const group = "emulator";
const emulate = ["emulate"] as const;
const both = ["emulate", "grade", "submit"] as const;

/** How the emulator serves, and what goes wrong with it; the latter also where it is embedded in a run. */
export const emulatorOptions = {
  port: {
    type: "integer",
    summary: "Port to listen on; 0 takes a free one",
    group,
    commands: emulate,
    minimum: 0,
    maximum: 65535,
    default: 8787,
  },
  host: {
    type: "string",
    summary: "Address to listen on",
    group,
    commands: emulate,
    value: "ADDRESS",
    default: "127.0.0.1",
  },
  directory: {
    type: "string",
    summary: "Where it keeps its files and batches",
    group,
    commands: emulate,
    value: "DIR",
    path: "directory",
    defaultText: "emulator in the state directory",
    example: "emulator",
  },
  "batch-seconds": {
    type: "duration",
    summary: "Least time a batch takes",
    group,
    commands: emulate,
    value: "SECONDS",
    minimum: 0,
    default: 0,
  },
  "window-seconds": {
    type: "duration",
    summary: "Time after which an unfinished batch expires",
    group,
    commands: emulate,
    value: "SECONDS",
    minimum: 0,
    default: 86400,
  },
  fault: {
    type: "json-map",
    summary: "How often a fault strikes, 0 to 1, by name or all; may be repeated; docs/emulator.md lists them",
    group,
    commands: both,
    value: "NAME=RATE",
    example: { rate_limit: 0.2, line_lost: 0.01 },
  },
  "fault-seed": {
    type: "integer",
    summary: "Another number, other draws of the faults",
    group,
    commands: both,
    minimum: 0,
    default: 1,
  },
  "fault-seconds": {
    type: "duration",
    summary: "How long a hang, a drip or a lag lasts",
    group,
    commands: both,
    value: "SECONDS",
    minimum: 0,
    default: 2,
  },
  "queue-limit": {
    type: "size",
    summary: "Most prompt tokens in unfinished batches of a model; one that goes beyond it fails",
    group,
    commands: both,
    minimum: 1,
    defaultText: "any number",
    example: "2M",
  },
  credit: {
    type: "integer",
    summary: "Requests answered after which batches are refused with insufficient_quota",
    group,
    commands: both,
    minimum: 0,
    defaultText: "any number",
    example: 1000,
  },
} as const satisfies Record<string, OptionDefinition>;
