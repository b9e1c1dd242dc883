import type { RequestBody } from "../core/records.ts";
import type { DirectiveName } from "./directives.ts";
import type { TokenMeter } from "./usage.ts";
import type { UsageObject, WireContent } from "./wire.ts";

/** One endpoint's side of answering: from a body to a response body of status 200. */
export interface AnsweringEndpoint {
  /** @throws {ApiError} for a body the API refuses, and for directives that ask for an error. */
  answer(body: RequestBody, context: AnswerContext): EndpointAnswer;
}

export interface AnswerContext {
  /** What the answer is a function of. */
  readonly seed: string;
  readonly createdSeconds: number;
  readonly meter: TokenMeter;
  /** Obeys the directives in what the user said, turn by turn. @throws {ApiError} */
  effectOf(userTexts: readonly string[]): DirectiveName | undefined;
}

export interface EndpointAnswer {
  readonly body: unknown;
  readonly usage: UsageObject;
}

/** The text of a message's content, its parts joined. */
export function contentText(content: WireContent): string {
  if (typeof content === "string") return content;
  return (content ?? []).map((part) => part.text ?? "").join("\n");
}

/** A message, or another item of a conversation. */
interface Turn {
  readonly role?: string | undefined;
  readonly content?: WireContent;
}

/** What the user said, turn by turn. */
export function userTextsOf(messages: readonly Turn[]): readonly string[] {
  return messages.filter((message) => message.role === "user").map((message) => contentText(message.content));
}
