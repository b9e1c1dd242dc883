import type { OptionDefinition } from "../option-definition.ts";

const group = "money";
const costs = ["costs"] as const;

/** What of the costs is shown. */
export const costsOptions = {
  by: {
    type: "enum",
    summary: "Break costs down by this alone",
    group,
    commands: costs,
    choices: ["day", "model", "run", "provider", "key"],
    flagOnly: true,
    defaultText: "the last of days and runs, and all models",
    example: "model",
  },
  since: {
    type: "string",
    summary: "Costs from then on: a day, a time (ISO 8601), or how long ago",
    group,
    commands: costs,
    value: "TIME",
    flagOnly: true,
    defaultText: "from the beginning",
    example: "7d",
  },
  until: {
    type: "string",
    summary: "Costs up to then, a day included: a day, a time (ISO 8601), or how long ago",
    group,
    commands: costs,
    value: "TIME",
    flagOnly: true,
    defaultText: "up to now",
    example: "2026-11-30",
  },
  utc: {
    type: "boolean",
    summary: "Days of UTC, not of the local time zone",
    group,
    commands: costs,
    default: false,
    flagOnly: true,
  },
} as const satisfies Record<string, OptionDefinition>;
