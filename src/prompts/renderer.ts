import { ConfigurationError } from "../core/errors.ts";
import type { PromptMessage, RenderedPrompt } from "../core/prompt.ts";
import type { Fields } from "../core/records.ts";
import { ExampleList } from "./example-list.ts";
import { type Pair, pairFields } from "./pair.ts";
import type { AnsweredExample, Example, Prompt, PromptText } from "./prompt.ts";
import { MissingFieldError, RowTemplateError } from "./row-errors.ts";
import { compileTemplate, type Template } from "./template.ts";

export interface RendererOptions {
  readonly prompt: Prompt;
  /** The name of the field with the text to grade; templates know it as `text`. */
  readonly field: string;
  /** The name of the field with the reference answer, instead of the prompt's own. */
  readonly reference?: string;
  /** The fields to compare in the order in which they are shown, instead of the prompt's own. */
  readonly pair?: Pair;
  /** Instead of the prompt's own examples. */
  readonly examples?: readonly Example[];
}

/**
 * Makes the function that turns a row into messages: the system text, then the answered examples as earlier turns,
 * then the user text.
 *
 * @returns a function that throws `MissingFieldError` or `RowTemplateError` when the row does not fit the prompt
 * @throws {ConfigurationError} for a template that does not compile, or examples the prompt makes no use of.
 */
export function createRenderer(options: RendererOptions): (fields: Fields) => RenderedPrompt {
  const renderer = new Renderer(options);
  return (fields) => renderer.render(fields);
}

class Renderer {
  readonly #prompt: Prompt;
  readonly #field: string;
  readonly #reference: string | undefined;
  readonly #pair: Pair | undefined;
  readonly #system: Template | undefined;
  readonly #user: Template;
  readonly #examples: ExampleList | undefined;
  readonly #earlierTurns: readonly PromptMessage[];

  constructor({ prompt, field, ...options }: RendererOptions) {
    const { reference = prompt.reference, pair = prompt.pair, examples = prompt.examples } = options;
    this.#prompt = prompt;
    this.#reference = reference;
    this.#pair = pair;
    this.#field = field;
    this.#system = prompt.system && compile(prompt.system);
    this.#user = compile(prompt.user);
    this.#examples = listOf(examples);
    if (this.#examples !== undefined) this.#checkExamplesAreUsed();
    this.#earlierTurns = examples.filter((example) => typeof example !== "string").flatMap(this.#turns, this);
  }

  render(fields: Fields): RenderedPrompt {
    const added = this.#added(fields);
    const system = this.#system && this.#text(this.#system, fields, added);
    const user = this.#text(this.#user, fields, added);
    return {
      messages: [
        ...(system === undefined ? [] : [{ role: "system", content: system } as const]),
        ...this.#earlierTurns,
        { role: "user", content: user },
      ],
    };
  }

  /** `text` is the chosen field even where the row has another field of that name; that one is `row.text`. */
  #added(fields: Fields): Fields {
    const text = Object.hasOwn(fields, this.#field) ? fields[this.#field] : undefined;
    const { rubric } = this.#prompt;
    const reference = this.#reference;
    return {
      text,
      examples: this.#examples,
      ...(this.#pair && pairFields(this.#pair, fields)),
      ...(rubric !== undefined && { rubric }),
      ...(reference !== undefined && { reference: Object.hasOwn(fields, reference) ? fields[reference] : undefined }),
    };
  }

  #text(template: Template, fields: Fields, added: Fields): string {
    try {
      return template.render(fields, added);
    } catch (error) {
      if (!(error instanceof MissingFieldError)) throw error;
      if (error.variable === "text")
        throw new MissingFieldError(this.#field, fields, "{{ text }}, the field of --field");
      const pair = this.#pair;
      if (pair !== undefined && (error.variable === "a" || error.variable === "b"))
        throw new MissingFieldError(pair[error.variable], fields, `{{ ${error.variable} }} of the pairwise prompt`);
      if (error.variable === "reference" && this.#reference !== undefined)
        throw new MissingFieldError(this.#reference, fields, "{{ reference }}, the field of --reference");
      if (error.variable === "examples") throw this.#needsExamples();
      throw error;
    }
  }

  #turns({ fields, answer }: AnsweredExample): readonly PromptMessage[] {
    return [
      { role: "user", content: this.#exampleText(fields) },
      { role: "assistant", content: typeof answer === "string" ? answer : JSON.stringify(answer) },
    ];
  }

  #exampleText(fields: Fields): string {
    try {
      return this.#text(this.#user, fields, this.#added(fields));
    } catch (cause) {
      if (!(cause instanceof RowTemplateError)) throw cause;
      throw new ConfigurationError(`an example does not fit the prompt "${this.#prompt.name}": ${cause.message}`, {
        cause,
      });
    }
  }

  #checkExamplesAreUsed(): void {
    if (this.#user.names.has("examples") || this.#system?.names.has("examples")) return;
    throw new ConfigurationError(`the prompt "${this.#prompt.name}" makes no use of the examples`, {
      hint: "Write {{ examples }} into its system or user text, or use --prompt style.",
    });
  }

  #needsExamples(): ConfigurationError {
    return new ConfigurationError(`the prompt "${this.#prompt.name}" needs examples`, {
      hint: "Give them with --examples FILE. (A row's own field of that name is {{ row.examples }}.)",
    });
  }
}

function compile({ text, origin }: PromptText): Template {
  return compileTemplate(text, origin);
}

function listOf(examples: readonly Example[]): ExampleList | undefined {
  const texts = examples.filter((example) => typeof example === "string").map((text) => text.trimEnd());
  return texts.length === 0 ? undefined : ExampleList.from(texts);
}
