import { z } from "zod";
import type { TextOrigin } from "../core/text-origin.ts";
import { type Pair, pairShape } from "./pair.ts";
import { rubricShape } from "./rubric.ts";
import type { SchemaFault } from "./schema-faults.ts";

/** A prompt: what is asked of the model about each row. */
export interface Prompt {
  /** Its name in the file; the file's own name when it holds one prompt without a name. */
  readonly name: string;
  readonly description?: string;
  readonly system?: PromptText;
  readonly user: PromptText;
  /** The JSON Schema an answer has to satisfy, as the user wrote it. */
  readonly schema?: Readonly<Record<string, unknown>>;
  /** Makes the error for a place in the schema. */
  readonly schemaFault?: SchemaFault;
  /** False where the schema is to be sent as it is, without the provider's strict mode. */
  readonly isStrict?: false;
  /** The schema's name for the provider. */
  readonly schemaName: string;
  readonly examples: readonly Example[];
  /** The two fields that are compared, each row in both orders; undefined for a prompt that grades one text. */
  readonly pair?: Pair;
  /** What `{{ rubric }}` says. */
  readonly rubric?: string;
  /** The name of the field with the reference answer; templates know it as `reference`. */
  readonly reference?: string;
}

/** A template and where it stands. */
export interface PromptText {
  readonly text: string;
  readonly origin: TextOrigin;
}

/** A text for `{{ examples }}`, or a row with the answer it should get, shown to the model as an earlier turn. */
export type Example = string | AnsweredExample;

export interface AnsweredExample {
  /** A row's fields; the prompt's own `user` template is rendered over them. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The answer as it should be: a text, or a value that is shown as JSON. */
  readonly answer: unknown;
}

/** An example as it stands in a file. */
export const exampleShape = z.union([
  z.string().min(1),
  z.strictObject({ fields: z.record(z.string(), z.unknown()), answer: z.unknown() }),
]);

/** A prompt as it stands in a file. */
export const promptShape = z.strictObject({
  description: z.string().optional(),
  system: z.string().optional(),
  user: z.string().min(1).optional(),
  rubric: rubricShape.optional(),
  pairwise: pairShape.optional(),
  reference: z.string().min(1).optional(),
  schema: z.record(z.string(), z.unknown()).optional(),
  strict: z.boolean().optional(),
  schema_name: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, "must be 1 to 64 letters, digits, _ or -")
    .optional(),
  examples: z.array(exampleShape).optional(),
});

/** A text given on the command line as a prompt's `system` or `user`. */
export function flagText(flag: string, text: string): PromptText {
  return { text, origin: { file: flag, line: 1, column: 1, indentColumn: 1 } };
}
