import { describe, expect, test } from "vitest";
import { isWorthRetrying } from "../../src/core/failures.ts";
import { FAILURE_CODES } from "../../src/core/records.ts";
import { type AnswerFacts, judgeAnswer, judgeError } from "../../src/core/verdicts.ts";

const finished: AnswerFacts = { text: "yes", finishReason: "stop" };
const refuse = () => ({ ok: false, reason: "not as the schema asks" }) as const;

/** The doc comment's table, line by line. */
describe("judgeAnswer, a reply of status 200", () => {
  test.each([
    ["finished", finished, undefined, "answered"],
    ["finished for a reason of its own", { ...finished, finishReason: "other" as const }, undefined, "answered"],
    ["an embedding, which no schema is about", { embedding: [1], finishReason: "stop" as const }, refuse, "answered"],
    ["neither text nor embedding", { finishReason: "stop" as const }, undefined, "failed invalid_answer"],
    ["refusal", { ...finished, refusal: "I will not" }, undefined, "failed refused"],
    ["content filter", { ...finished, finishReason: "content_filter" as const }, undefined, "failed content_filter"],
    ["cut at the token limit", { ...finished, finishReason: "length" as const }, undefined, "failed cut_off"],
    ["not as the schema asks", finished, refuse, "failed invalid_answer"],
    [
      "cut, and therefore not as the schema asks",
      { ...finished, finishReason: "length" as const },
      refuse,
      "failed cut_off",
    ],
    ["as the schema asks", finished, () => ({ ok: true }) as const, "answered"],
    ["unreadable", undefined, undefined, "retry server_error"],
  ])("%s", (_, answer, check, expected) => {
    const verdict = judgeAnswer(answer, check);
    expect(`${verdict.kind}${verdict.kind === "answered" ? "" : ` ${verdict.failure.code}`}`).toBe(expected);
  });
});

describe("judgeError", () => {
  test.each([
    [429, undefined, "retry rate_limited"],
    [0, undefined, "retry server_error"],
    [408, undefined, "retry server_error"],
    [409, undefined, "retry server_error"],
    [500, undefined, "retry server_error"],
    [503, "overloaded", "retry server_error"],
    [200, undefined, "retry server_error"],
    [undefined, undefined, "retry server_error"],
    [undefined, "batch_expired", "retry expired"],
    [undefined, "batch_cancelled", "retry cancelled"],
    [400, "context_length_exceeded", "failed too_long"],
    [400, "content_filter", "failed content_filter"],
    [400, "content_policy_violation", "failed content_filter"],
    [400, undefined, "failed rejected"],
    [401, "invalid_api_key", "failed rejected"],
    [404, "model_not_found", "failed rejected"],
    [422, undefined, "failed rejected"],
  ])("status %s, code %s: %s", (status, code, expected) => {
    const verdict = judgeError({ status, code, message: "it said" });
    expect(`${verdict.kind} ${verdict.kind === "answered" ? "" : verdict.failure.code}`).toBe(expected);
  });

  test("tells what was said, status first, and not more than a few lines of it", () => {
    const verdict = judgeError({ status: 400, code: "bad", message: "x".repeat(9_999) });
    if (verdict.kind === "answered") throw new Error("an error is no answer");
    expect(verdict.failure.message).toMatch(/400.*bad.*x+…$/);
    expect(verdict.failure.message.length).toBeLessThan(600);
    const silent = judgeError({ status: undefined, code: undefined, message: undefined });
    expect(silent).toMatchObject({ failure: { message: "no reason given" } });
  });
});

test("every failure that is judged to be retried is worth retrying in a later run, too", () => {
  const retried = ["rate_limited", "server_error", "expired", "cancelled", "missing_result"];
  expect(FAILURE_CODES.filter(isWorthRetrying)).toEqual(retried);
});
