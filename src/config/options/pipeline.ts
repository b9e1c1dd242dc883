import type { OptionDefinition } from "../option-definition.ts";

/** What a pipeline's file is told. */
export const pipelineOptions = {
  plugins: {
    type: "list",
    summary: "Modules that bring providers, formats, tokenizers or steps; docs/pipelines.md",
    group: "around",
    commands: ["grade", "build", "submit", "merge", "count", "split", "convert", "config"],
    fileOnly: true,
    example: ["./my-format.ts"],
  },
  set: {
    type: "list",
    summary: "Set a variable of the pipeline's file; may be repeated; a list's items are parted by commas",
    group: "request",
    commands: ["run", "test"],
    value: "NAME=VALUE",
    flagOnly: true,
    example: ["model=gpt-5-mini"],
  },
} as const satisfies Record<string, OptionDefinition>;
