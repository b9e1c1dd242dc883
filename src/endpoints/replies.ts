import type { RequestBody } from "../core/records.ts";
import type { InvalidAnswer } from "./endpoint.ts";

/** A reply and its reason are two messages. */
const MESSAGES_PER_REPLY = 2;
/** An empty message is refused by some providers. */
const NO_TEXT = "…";

/**
 * Puts a reply, and what is wrong with it, behind the messages of a body.
 *
 * @param field The body's list of messages.
 * @returns undefined when there is no such list
 */
export function appendReply(body: RequestBody, field: string, reply: InvalidAnswer): RequestBody | undefined {
  const messages = body[field];
  if (!Array.isArray(messages)) return undefined;
  const said = { role: "assistant", content: reply.text === "" ? NO_TEXT : reply.text };
  return { ...body, [field]: [...messages, said, { role: "user", content: reply.reason }] };
}

/** The body as it was before {@link appendReply}. */
export function removeReply(body: RequestBody, field: string): RequestBody | undefined {
  const messages = body[field];
  return Array.isArray(messages) ? { ...body, [field]: messages.slice(0, -MESSAGES_PER_REPLY) } : undefined;
}
