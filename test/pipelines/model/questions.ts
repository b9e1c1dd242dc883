import { canonicalBody, requestKey } from "../../../src/core/keys.ts";
import type { FailureCode, RequestBody } from "../../../src/core/records.ts";
import { chatCompletions } from "../../../src/endpoints/chat-completions.ts";

/** What makes the model provider's answers its own. */
export const IDENTITY = "model";
export const MODEL = "model-1";

/** So that a request has tokens enough for limits to be about them. */
const PADDING = ".".repeat(60);

/** What rows ask. The first word says how the model behaves; `bad` and `missing` are rows that ask nothing. */
export const QUESTIONS = [
  ...["well 0", "well 1", "well 2", "well 3", "well 4", "well 5", "well 6", "well 7"],
  ...["refuse 0", "reject 0", "shorter 0", "shorter 1", "endless 0", "bad", "missing"],
] as const;
export type Question = (typeof QUESTIONS)[number];

/** An input row that asks something; no two rows are equal, though what they ask may be. */
export function rowText(question: Question, index: number): string {
  if (question === "bad") return `{"n": ${index},`;
  if (question === "missing") return `{"n": ${index}}`;
  return `{"n": ${index}, "response": "${question} ${PADDING}"}`;
}

/** What the model says to a body. The same body is always answered the same way. */
export type Reply =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "cut off"; readonly text: string }
  | { readonly kind: "refusal"; readonly text: string }
  | { readonly kind: "rejection"; readonly text: string };

export function replyTo(body: RequestBody): Reply {
  const messages = messagesOf(body);
  const text = String(messages[0]?.content);
  const [manner] = text.split(" ");
  if (manner === "refuse") return { kind: "refusal", text: `I will not say ${text}` };
  if (manner === "reject") return { kind: "rejection", text: `not a question: ${text}` };
  if (manner === "endless" || (manner === "shorter" && messages.length === 1))
    return { kind: "cut off", text: "and so" };
  return { kind: "text", text: answerTo(text) };
}

/** What is to come out for a row in the end: an answer, or a failure that asking again would not mend. */
export type Expected = { readonly grade: string } | { readonly code: FailureCode };

export function expectedOf(question: Question): Expected {
  const [manner] = question.split(" ");
  switch (manner) {
    case "bad":
      return { code: "bad_input" };
    case "missing":
      return { code: "missing_field" };
    case "refuse":
      return { code: "refused" };
    case "reject":
      return { code: "rejected" };
    case "endless":
      return { code: "cut_off" };
    default:
      return { grade: answerTo(`${question} ${PADDING}`) };
  }
}

/** Whether an answer takes two tries, so that whoever has only one left gets none. */
export function takesTwoTries(question: Question): boolean {
  return question.startsWith("shorter");
}

/** The key of the request that a body asks, also when it is asked again with a reason. */
export function askedKey(body: RequestBody): string {
  const original = { ...body, messages: messagesOf(body).slice(0, 1) };
  return requestKey(IDENTITY, chatCompletions.path, canonicalBody(original));
}

/** The key of the request that a row asks; undefined for one that asks nothing. */
export function keyOf(question: Question): string | undefined {
  if (question === "bad" || question === "missing") return undefined;
  const messages = [{ role: "user", content: `${question} ${PADDING}` }] as const;
  return askedKey(chatCompletions.buildBody({ messages }, { model: MODEL, extra: {} }));
}

/** A tokenizer that is quick: four characters a token. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / 4);
}

/** Input tokens of a body, as the pipeline estimates them. */
export function tokensOf(body: RequestBody): number {
  return chatCompletions.promptTokens(body, countTokens);
}

function answerTo(text: string): string {
  return `re: ${text}`;
}

function messagesOf({ messages }: RequestBody): readonly { readonly content?: unknown }[] {
  return Array.isArray(messages) ? messages : [];
}
