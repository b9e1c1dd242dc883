import { describe, expect, test } from "vitest";
import { isWorthRetrying } from "../../src/core/failures.ts";
import { type AnswerFacts, judgeAnswer, judgeError, type Verdict } from "../../src/core/verdicts.ts";

const finished: AnswerFacts = { text: "yes", finishReason: "stop" };
const whole = () => ({ ok: true, json: "{}" }) as const;
const mended = () => ({ ok: true, json: "{}", repaired: ["text_around"] }) as const;
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
    ["cut at the token limit", { ...finished, finishReason: "length" as const }, undefined, "reask cut_off"],
    ["not as the schema asks", finished, refuse, "reask invalid_answer"],
    [
      "cut, and therefore not as the schema asks",
      { ...finished, finishReason: "length" as const },
      refuse,
      "reask cut_off",
    ],
    ["cut before there was any text", { finishReason: "length" as const }, refuse, "reask cut_off"],
    ["a refusal that was cut", { refusal: "I w", finishReason: "length" as const }, refuse, "failed refused"],
    [
      "withheld, and therefore not as the schema asks",
      { text: "", finishReason: "content_filter" as const },
      refuse,
      "failed content_filter",
    ],
    ["as the schema asks", finished, () => ({ ok: true }) as const, "answered"],
    ["cut behind the object", { ...finished, finishReason: "length" as const }, whole, "answered"],
    ["cut, and mended", { ...finished, finishReason: "length" as const }, mended, "reask cut_off"],
    [
      "tool calls",
      { toolCalls: [{ name: "f", arguments: "{}" }], finishReason: "tool_calls" as const },
      refuse,
      "answered",
    ],
    [
      "tool calls that were cut",
      { toolCalls: [{ name: "f", arguments: "{" }], finishReason: "length" as const },
      undefined,
      "reask cut_off",
    ],
    ["unreadable", undefined, undefined, "retry server_error"],
  ])("%s", (_, answer, check, expected) => {
    const verdict = judgeAnswer(answer, check);
    expect(`${verdict.kind}${verdict.kind === "answered" ? "" : ` ${verdict.failure.code}`}`).toBe(expected);
  });
});

describe("the reason with which a request is asked again", () => {
  test("names what the check said, and asks for the whole answer", () => {
    const verdict = judgeAnswer(finished, refuse);
    expect(verdict).toMatchObject({ failure: { message: "not as the schema asks" } });
    expect(reasonOf(verdict)).toMatch(
      /^That is not a valid answer: not as the schema asks\. Answer again,.* whole answer/,
    );
  });

  test("asks for less when the answer was cut off; the row is told the flag", () => {
    const verdict = judgeAnswer({ ...finished, finishReason: "length" });
    expect(reasonOf(verdict)).toMatch(/cut off .*shorter.*Answer again/);
    expect(verdict).toMatchObject({ failure: { message: expect.stringContaining("--max-output-tokens") } });
  });

  test("does not grow with the complaint, which may quote the answer", () => {
    const verdict = judgeAnswer(finished, () => ({ ok: false, reason: "x".repeat(9_999) }));
    expect(reasonOf(verdict)).toMatch(/x…\. Answer again/);
    expect(reasonOf(verdict).length).toBeLessThan(700);
  });
});

function reasonOf(verdict: Verdict): string {
  if (verdict.kind !== "reask") throw new Error(`it is not asked again with a reason, but ${verdict.kind}`);
  return verdict.reason;
}

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

test("every failure that is judged to be retried is worth retrying in a later run, too; what is final is not", () => {
  const retried = ["rate_limited", "server_error", "expired", "cancelled", "missing_result"] as const;
  expect(retried.filter((code) => !isWorthRetrying(code))).toEqual([]);
  const final = ["too_long", "refused", "content_filter", "cut_off", "invalid_answer", "rejected"] as const;
  expect(final.filter(isWorthRetrying)).toEqual([]);
});
