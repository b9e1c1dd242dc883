import type { RequestBody } from "../../src/core/records.ts";

/** A line of a batch's input file, read. */
export interface AskedLine {
  readonly customId: string;
  readonly url: string;
  readonly body: RequestBody;
}

type Named = Pick<AskedLine, "customId">;

/** What a chat completion says, beside its text. */
export interface ChatAnswer {
  readonly content?: string;
  readonly refusal?: string;
  readonly finishReason?: string;
}

const USAGE = {
  prompt_tokens: 10,
  completion_tokens: 5,
  prompt_tokens_details: { cached_tokens: 4 },
  completion_tokens_details: { reasoning_tokens: 2 },
};

/** A line with status 200; the answer says what the user asked unless it is given. */
export function answerTo(asked: AskedLine, answer: ChatAnswer = {}): string {
  const message = { role: "assistant", content: answer.content ?? `re: ${questionIn(asked)}`, refusal: answer.refusal };
  const choice = { index: 0, message, finish_reason: answer.finishReason ?? "stop" };
  const body = { object: "chat.completion", model: "model-1-2026", choices: [choice], usage: USAGE };
  return responseTo(asked, 200, body);
}

/** A line with that status and body. */
export function responseTo({ customId }: Named, status: number, body: unknown): string {
  return JSON.stringify({
    id: `batch_req_${customId}`,
    custom_id: customId,
    response: { status_code: status, request_id: "r", body },
    error: null,
  });
}

/** A line of a request that the model's endpoint refused. */
export function errorTo(asked: Named, status: number, code = "some_code", message = "some message"): string {
  return responseTo(asked, status, { error: { code, message, type: "some_type", param: null } });
}

/** A line of a request that was never tried: the batch expired or was cancelled. */
export function untriedLine({ customId }: Named, code: "batch_expired" | "batch_cancelled"): string {
  const error = { code, message: "This request could not be executed before the completion window expired." };
  return JSON.stringify({ id: "batch_req", custom_id: customId, response: null, error });
}

/** The text that a request asks about. */
export function questionIn({ body }: AskedLine): string {
  const messages = body["messages"];
  const last: unknown = Array.isArray(messages) ? messages.at(-1)?.content : body["input"];
  return String(last);
}
