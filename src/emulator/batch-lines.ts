import type { Answer } from "./completions.ts";
import { derivedId } from "./ids.ts";

// The characters Python's json.dumps escapes by default, as the real output files show them.
const NOT_ASCII = /[\u0080-\uffff]/g;
const HAS_NOT_ASCII = /[\u0080-\uffff]/;

/** Why a request of a batch was never answered. */
const UNANSWERED = {
  expired: {
    code: "batch_expired",
    message: "This request could not be executed before the completion window expired.",
  },
  cancelled: { code: "batch_cancelled", message: "This request was not executed because the batch was cancelled." },
} as const;

/** What of an answer goes into a line. */
export type LineAnswer = Pick<Answer, "status" | "body" | "delivery">;

/** A line of an output or error file for an answered request, without its newline. All ASCII. */
export function answerLine(batchId: string, customId: string, answer: LineAnswer): string {
  const isOdd = answer.status === 0;
  const response = {
    status_code: answer.status,
    request_id: isOdd ? "" : derivedId("req_", batchId, customId),
    body: isOdd ? {} : answer.body,
  };
  const line = toAscii(JSON.stringify({ id: lineId(batchId, customId), custom_id: customId, response, error: null }));
  return answer.delivery === "cut" ? line.slice(0, line.length >> 1) : line;
}

/** A line of the error file for a request that the batch did not come to. */
export function unansweredLine(batchId: string, customId: string, ending: keyof typeof UNANSWERED): string {
  const error = UNANSWERED[ending];
  return toAscii(JSON.stringify({ id: lineId(batchId, customId), custom_id: customId, response: null, error }));
}

function lineId(batchId: string, customId: string): string {
  return derivedId("batch_req_", batchId, customId);
}

function toAscii(json: string): string {
  if (!HAS_NOT_ASCII.test(json)) return json;
  return json.replace(NOT_ASCII, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
