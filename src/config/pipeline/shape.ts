import { z } from "zod";

const text = z.string().min(1);
const row = z.record(z.string(), z.unknown());
const format = text.describe("jsonl, csv, tsv or json; else told by the name");
const variable = z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())], {
  error: "has to be a text, a number, true or false, a list of texts, or empty for one that has to be set",
});
const step = z.record(z.string(), z.unknown(), { error: "has to be a map with the step's name as its key" });

const input = z.union(
  [text, z.array(text).min(1), z.strictObject({ files: z.union([text, z.array(text)]), format: format.optional() })],
  {
    error: "has to be a file, a list of files, or { files: …, format: … }",
  },
);
const output = z.union([text, z.strictObject({ file: text.optional(), format: format.optional() })], {
  error: "has to be a file, or { file: …, format: … }",
});

/** What a `tests:` entry looks like. */
export const testShape = z.strictObject({
  name: text.describe("What it shows"),
  set: z.record(z.string(), z.unknown()).optional().describe("Variables for this test"),
  in: z.array(row).describe("Rows in"),
  out: z.array(row).describe('Rows out: as many as come out, each with the fields that matter; "*" is any value'),
  errors: z.array(row).optional().describe("Rows that come out of the branch of failed rows"),
});

/** A pipeline's file. Steps and options are looked at one by one, behind this. */
export const pipelineShape = z.strictObject({
  description: text.optional().describe("What the pipeline does, in a sentence"),
  plugins: z.array(text).optional().describe("Modules that bring providers, formats, tokenizers or steps"),
  vars: z
    .record(z.string().regex(/^[A-Za-z_][\w-]*$/), variable)
    .optional()
    .describe(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what users write
      "Variables, for ${{ vars.NAME }} in any text; --set NAME=VALUE sets them; one that is null or [] has to be set",
    ),
  input: input.optional().describe("Where rows come from; stdin when not given"),
  options: z.record(z.string(), z.unknown()).optional().describe("Options of all steps that ask, and of the run"),
  steps: z.array(step).min(1).describe("What is done with rows, one after the other"),
  output: output.optional().describe("Where rows go; stdout when not given"),
  errors: z
    .strictObject({ steps: z.array(step).optional(), output })
    .optional()
    .describe("Where failed rows go, too, and what is done with them on the way"),
  tests: z.array(testShape).optional().describe("Rows in and rows out, for bg-pipe test"),
});

export type PipelineShape = z.infer<typeof pipelineShape>;
export type PipelineTest = z.infer<typeof testShape>;
