import { UsageError } from "../core/errors.ts";
import type { Failure, GoodRow, Row } from "../core/records.ts";
import { RowTemplateError } from "../prompts/row-errors.ts";
import { TextCounter } from "../tokens/text-counter.ts";
import { refusePairs } from "./judging.ts";
import { prepareQuestion, type Question, type QuestionSettings } from "./question.ts";
import type { RunHost } from "./settings.ts";

/** Input tokens of the requests that `grade` would make of rows. */
export class RowTokens {
  /** Undefined when only the encoding is known. */
  readonly model: string | undefined;
  readonly encoding: string;
  readonly #question: Question;
  readonly #texts: TextCounter;
  readonly #countText = (text: string) => this.#texts.count(text);

  private constructor(question: Question, model: string | undefined) {
    this.model = model;
    this.encoding = question.tokenizer.encoding;
    this.#question = question;
    this.#texts = new TextCounter(question.tokenizer);
  }

  /** @throws {UsageError} when neither a model nor an encoding is given; else as {@link prepareQuestion} does */
  static async open(settings: QuestionSettings, data: RunHost["data"]): Promise<RowTokens> {
    const { model, encoding, provider } = settings;
    if (model !== undefined || provider === "emulator") {
      const question = await prepareQuestion(settings, data);
      refusePairs(question, "split");
      return new RowTokens(question, question.request.model);
    }
    if (encoding === undefined) {
      throw new UsageError("tokens can be counted only for a model, and none is given", {
        hint: "Name one with --model, such as --model gpt-4.1-mini, or the encoding with --encoding.",
      });
    }
    return new RowTokens(await prepareQuestion({ ...settings, model: NOBODY }, data), undefined);
  }

  /** @returns for each row its tokens, or why it would not be asked */
  count(rows: readonly Row[]): readonly (number | Failure)[] {
    return rows.map((row) => (row.kind === "bad" ? { code: "bad_input", message: row.message } : this.#tokensOf(row)));
  }

  #tokensOf({ fields }: GoodRow): number | Failure {
    const { endpoint, render, request } = this.#question;
    try {
      return endpoint.promptTokens(endpoint.buildBody(render(fields), request), this.#countText);
    } catch (error) {
      if (!(error instanceof RowTemplateError)) throw error;
      return error.failure;
    }
  }
}

/** In the place of a name that is not sent to anyone. */
const NOBODY = "none";
