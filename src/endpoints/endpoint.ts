import type { RenderedPrompt } from "../core/prompt.ts";
import type { RequestBody, Usage } from "../core/records.ts";
import type { AnswerFacts, ToolCall } from "../core/verdicts.ts";

/** What goes into a body beside the prompt. */
export interface RequestSettings {
  readonly model: string;
  readonly maxOutputTokens?: number;
  readonly temperature?: number;
  /** A JSON Schema the answer has to follow, in the provider's dialect. */
  readonly schema?: AnswerSchema;
  /** Any further body fields, which win over all others (`--param`). */
  readonly extra: Readonly<Record<string, unknown>>;
}

export interface AnswerSchema {
  /** Letters, digits, `_` and `-`, at most 64: the provider's rule. */
  readonly name: string;
  readonly schema: Readonly<Record<string, unknown>>;
  /** Whether the provider is to hold the model to it; it is when undefined. */
  readonly isStrict?: boolean;
}

/** A reply that is no valid answer. */
export interface InvalidAnswer {
  readonly text: string;
  /** What is wrong with it, said to the model. */
  readonly reason: string;
}

/** What a response body says. `text` and `embedding` exclude each other. */
export interface ModelAnswer {
  readonly text?: string;
  readonly embedding?: readonly number[];
  /** The model's own refusal, where the endpoint sets it apart. */
  readonly refusal?: string;
  /** The calls that the model asks for, where it asks for any. */
  readonly toolCalls?: readonly ToolCall[];
  /** What the endpoint says of the tokens' probabilities, as it says it, where that was asked for. */
  readonly logprobs?: readonly unknown[];
  /** `stop`, `length`, `content_filter` or `tool_calls`; the endpoint's own words are translated into these. */
  readonly finishReason: AnswerFacts["finishReason"];
  /** The model that answered, which may be a dated snapshot of the one asked. */
  readonly model?: string;
  readonly usage?: Usage;
}

/** One API endpoint: how its body is made and its response read. Pure. */
export interface Endpoint {
  /** The path as a batch line's `url` says it, such as `/v1/chat/completions`. */
  readonly path: string;
  buildBody(prompt: RenderedPrompt, settings: RequestSettings): RequestBody;
  /**
   * Input tokens of a body by the documented formula, schemas and tools left out.
   *
   * @param count Counts a text's tokens.
   */
  promptTokens(body: RequestBody, count: (text: string) => number): number;
  /** The JSON Schema that a body asks answers to follow. Absent where there is none. */
  answerSchema?(body: RequestBody): Readonly<Record<string, unknown>> | undefined;
  /**
   * A body with a reply behind its messages, and what is wrong with that. Absent where there is no conversation.
   *
   * @returns undefined when the body holds no list of messages
   */
  withReply?(body: RequestBody, reply: InvalidAnswer): RequestBody | undefined;
  /** The body that {@link withReply} was given. */
  withoutReply?(body: RequestBody): RequestBody | undefined;
  /**
   * Reads a response body of status 200.
   *
   * @returns undefined when the body is not of the endpoint's shape
   */
  readAnswer(body: unknown): ModelAnswer | undefined;
}
