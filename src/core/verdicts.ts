import type { Failure } from "./records.ts";

/**
 * The one place that says what a provider's reply means for a request.
 *
 * | reply | verdict | source |
 * |---|---|---|
 * | 200, finished | answered | Batch API guide |
 * | 200, refusal | failed `refused`: asking again pays for the same | structured outputs guide |
 * | 200, content filter | failed `content_filter` | chat completion object, `finish_reason` |
 * | 200, cut at the token limit | answered if the schema's object is whole; asked again with the reason, else `cut_off` | chat completion object, `finish_reason` |
 * | 200, tool calls | answered: the calls are the answer | chat completion object, `tool_calls` |
 * | 200, not as the schema asks | asked again with the reason, else `invalid_answer` | the user's schema |
 * | 200, neither text, tool call nor embedding | failed `invalid_answer` | `content: null` |
 * | 200, unreadable | retry `server_error` | seen in output files |
 * | 429 | retry `rate_limited` | seen inside batches; not billed |
 * | 0, 408, 409, 5xx | retry `server_error` | status 0 is seen with "0 failed" in the counts |
 * | `batch_expired` | retry `expired` | Batch API guide; only completed requests are charged |
 * | `batch_cancelled` | retry `cancelled` | |
 * | `context_length_exceeded` | failed `too_long` | error codes guide |
 * | `content_filter`, `content_policy_violation` | failed `content_filter` | error codes guide |
 * | other 4xx | failed `rejected` | the same body is refused again |
 * | no line in either file | retry `missing_result` | "inconsistent number of entries" in the community forum |
 */
export type Verdict =
  | { readonly kind: "answered" }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "retry"; readonly failure: Failure }
  /** The reply was billed and is no answer; another one may be, if the model is told what is wrong with this one. */
  | { readonly kind: "reask"; readonly failure: Failure; readonly reason: string };

/** A reply that is no answer. */
export interface ErrorReply {
  /** HTTP status; undefined when the line carries none. */
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly message: string | undefined;
}

/** What the judge needs of an answer. */
export interface AnswerFacts {
  readonly text?: string;
  readonly embedding?: readonly number[];
  readonly refusal?: string;
  readonly toolCalls?: readonly ToolCall[];
  readonly finishReason: "stop" | "length" | "content_filter" | "tool_calls" | "other";
}

/** A call that the model asks for. */
export interface ToolCall {
  readonly name: string;
  /** As the model wrote them: JSON, mostly. */
  readonly arguments: string;
}

/** Says whether a text is what was asked for, and gives it as JSON, with what had to be put right for that. */
export type AnswerCheck = (text: string) => ReadAnswer | { readonly ok: false; readonly reason: string };

export interface ReadAnswer {
  readonly ok: true;
  /** On one line; undefined where any text is an answer. */
  readonly json?: string;
  readonly repaired?: readonly string[];
}

const ANSWERED: Verdict = { kind: "answered" };

/** Judges a line that is an error, or a response with a status other than 200. */
export function judgeError({ status, code, message }: ErrorReply): Verdict {
  const reason = [code, message].filter(Boolean).join(": ") || "no reason given";
  const said = clip(status === undefined ? reason : `HTTP status ${status}, ${reason}`);
  if (code === "batch_expired") return retry("expired", said);
  if (code === "batch_cancelled") return retry("cancelled", said);
  if (code === "context_length_exceeded") return failed("too_long", said);
  if (code === "content_filter" || code === "content_policy_violation") return failed("content_filter", said);
  if (status === 429) return retry("rate_limited", said);
  if (status === undefined || status < 400 || status === 408 || status === 409 || status >= 500) {
    return retry("server_error", said);
  }
  return failed("rejected", said);
}

/** Judges the body of a response with status 200. @param answer undefined when it could not be read */
export function judgeAnswer(answer: AnswerFacts | undefined, check?: AnswerCheck): Verdict {
  if (answer === undefined) return retry("server_error", "the response has not the shape of an answer");
  if (answer.refusal !== undefined) return failed("refused", clip(answer.refusal));
  if (answer.finishReason === "content_filter") return failed("content_filter", "the answer was withheld by a filter");
  if (answer.finishReason === "length" && !isWhole(answer.text, check)) {
    return reask("cut_off", "the answer reached the limit of output tokens; raise --max-output-tokens", BE_SHORTER);
  }
  if (answer.embedding !== undefined) return ANSWERED;
  if (answer.toolCalls !== undefined) return ANSWERED;
  if (answer.text === undefined) return failed("invalid_answer", "the answer holds no text");
  const checked = check?.(answer.text);
  if (checked === undefined || checked.ok) return ANSWERED;
  const problem = clip(checked.reason);
  return reask("invalid_answer", problem, `That is not a valid answer: ${problem}. ${ANSWER_ANEW}`);
}

/** An object says itself where it ends: what was cut off behind it was none of it. */
function isWhole(text: string | undefined, check: AnswerCheck | undefined): boolean {
  const checked = text === undefined ? undefined : check?.(text);
  return checked?.ok === true && checked.json !== undefined && checked.repaired === undefined;
}

const ANSWER_ANEW = "Answer again, with nothing but the whole answer in the form that was asked for.";
const BE_SHORTER = `That answer was cut off at the limit of output tokens. Be much shorter. ${ANSWER_ANEW}`;

function reask(code: Failure["code"], message: string, reason: string): Verdict {
  return { kind: "reask", failure: { code, message }, reason };
}

function failed(code: Failure["code"], message: string): Verdict {
  return { kind: "failed", failure: { code, message } };
}

function retry(code: Failure["code"], message: string): Verdict {
  return { kind: "retry", failure: { code, message } };
}

function clip(text: string): string {
  return text.length > 500 ? `${text.slice(0, 500)}…` : text;
}
