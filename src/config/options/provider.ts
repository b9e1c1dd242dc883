import { providers } from "../../providers/index.ts";
import type { OptionDefinition } from "../option-definition.ts";

const group = "provider";
const asking = ["grade", "submit"] as const;
const all = [...asking, "status", "cancel", "gc"] as const;

/** Who answers, and by which key. */
export const providerOptions = {
  provider: {
    type: "enum",
    summary: "Provider that answers",
    group,
    commands: [...all, "count", "build", "merge"],
    value: "NAME",
    get choices() {
      return Object.keys(providers) as (keyof typeof providers)[];
    },
    default: "openai",
  },
  "base-url": {
    type: "string",
    summary: "Address of the provider's API",
    group,
    commands: [...all, "count", "build", "merge"],
    value: "URL",
    environment: ["OPENAI_BASE_URL"],
    defaultText: "the provider's own",
    example: "http://127.0.0.1:8787/v1",
  },
  "keep-remote": {
    type: "boolean",
    summary: "Keep files at the provider, which are deleted once their results are here",
    group,
    commands: asking,
    default: false,
  },
  "api-key-file": {
    type: "string",
    summary: "File that holds the API key; else OPENAI_API_KEY holds it",
    group,
    commands: all,
    value: "FILE",
    path: "file",
    example: "~/.config/bg-pipe/key",
  },
  "api-key": {
    type: "secret",
    summary: "Where the API key is: { file: PATH } or { env: NAME }, never the key itself",
    group,
    commands: asking,
    fileOnly: true,
    example: { env: "MY_OPENAI_KEY" },
  },
} as const satisfies Record<string, OptionDefinition>;
