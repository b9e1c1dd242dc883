import { asList, asObject, type JsonObject } from "./narrow.ts";

/*
 * Tokens of chat messages by the documented formula: 3 per message, its role and its content, for a name 1 and the
 * name; and 3 that prime the reply. Source: OpenAI cookbook, examples/How_to_count_tokens_with_tiktoken.ipynb.
 */
const TOKENS_PER_MESSAGE = 3;
const TOKENS_PER_NAME = 1;
export const TOKENS_OF_REPLY_START = 3;

/** Tokens of one message: `{role, content, name?}`, where content is a text or an array of parts. */
export function messageTokens(message: JsonObject, count: (text: string) => number): number {
  let tokens = TOKENS_PER_MESSAGE + contentTokens(message.content, count);
  if (typeof message.role === "string") tokens += count(message.role);
  if (typeof message.name === "string") tokens += TOKENS_PER_NAME + count(message.name);
  return tokens;
}

/** Tokens of a list of messages; whatever in it is no object counts nothing. */
export function messagesTokens(messages: readonly unknown[], count: (text: string) => number): number {
  let tokens = 0;
  for (const item of messages) {
    const message = asObject(item);
    if (message !== undefined) tokens += messageTokens(message, count);
  }
  return tokens;
}

/** Tokens of a text, or of the text parts in an array of parts. */
function contentTokens(content: unknown, count: (text: string) => number): number {
  if (typeof content === "string") return count(content);
  let tokens = 0;
  for (const part of asList(content)) {
    const text = asObject(part)?.text;
    if (typeof text === "string") tokens += count(text);
  }
  return tokens;
}
