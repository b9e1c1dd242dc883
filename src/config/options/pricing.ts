import type { OptionDefinition } from "../option-definition.ts";

const group = "money";

/** What tokens cost, and how many of them an answer takes. */
export const pricingOptions = {
  prices: {
    type: "json-map",
    summary: "Your own prices over the built-in table, by model, in USD per million tokens",
    group,
    commands: ["grade", "submit", "merge", "count", "prices"],
    fileOnly: true,
    example: {
      "my-model": {
        live: { input: 0.5, cached_input: 0.25, output: 2 },
        batch: { input: 0.25, cached_input: 0.25, output: 1 },
      },
    },
  },
  "expect-output-tokens": {
    type: "integer",
    summary: "Output tokens per request that estimates assume",
    group,
    commands: ["grade", "submit", "count"],
    minimum: 0,
    defaultText: "--max-output-tokens, else what the ledger has seen",
    example: 200,
  },
} as const satisfies Record<string, OptionDefinition>;
