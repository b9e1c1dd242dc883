import type { OptionDefinition } from "../option-definition.ts";

const group = "emulator";
const emulate = ["emulate"] as const;

/** How the emulator serves. */
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
} as const satisfies Record<string, OptionDefinition>;
