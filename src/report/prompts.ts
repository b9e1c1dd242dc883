import { alignColumns } from "./plain-text.ts";

/** A prompt, as `bg-pipe prompts` lists it. */
export interface ListedPrompt {
  readonly name: string;
  readonly description: string | null;
  /** `package`, a place in a configuration, or a file. */
  readonly origin: string;
  /** Why it cannot be asked with; null where it can. */
  readonly problem: string | null;
}

/** A prompt in full, as `bg-pipe prompts show` has it. */
export interface ShownPrompt extends Omit<ListedPrompt, "problem"> {
  /** The templates, with what a rubric says in its place. */
  readonly system: string | null;
  readonly user: string;
  /** As the user wrote it, or as a rubric made it. */
  readonly schema: Readonly<Record<string, unknown>> | null;
  /** As it goes to the provider; null without a schema, and where it is sent as it is. */
  readonly strict_schema: Readonly<Record<string, unknown>> | null;
  readonly examples: readonly unknown[];
  /** The field with the reference answer; null where it is `reference`, if any. */
  readonly reference: string | null;
}

/** The prompts as lines for people. */
export function formatPromptList(prompts: readonly ListedPrompt[]): string {
  const rows = prompts.map(({ name, description, origin, problem }) => [
    name,
    `${problem === null ? (description ?? "") : `BROKEN: ${problem}`}${origin === "package" ? "" : ` [${origin}]`}`.trim(),
  ]);
  return alignColumns(rows, { alignment: "ll" })
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

/** A prompt as text for people. */
export function formatPrompt(prompt: ShownPrompt): string {
  const { name, description, origin, system, user, schema, examples, reference } = prompt;
  const blocks = [
    [`${name}  ${description ?? ""}`.trim(), `from ${origin}`].join("\n"),
    ...(reference === null ? [] : [`The reference answer is the field ${JSON.stringify(reference)}.`]),
    ...(system === null ? [] : [titled("system", system)]),
    titled("user", user),
    ...(examples.length === 0 ? [] : [titled("examples", examples.map(exampleText).join("\n"))]),
    ...(schema === null ? [] : [titled("schema", JSON.stringify(schema, null, 2))]),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function titled(title: string, text: string): string {
  return `--- ${title}\n${text.trimEnd()}`;
}

function exampleText(example: unknown): string {
  return typeof example === "string" ? example.trimEnd() : JSON.stringify(example);
}
