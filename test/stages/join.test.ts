import { describe, expect, test } from "vitest";
import { customIdOf } from "../../src/core/keys.ts";
import { ownResultLine } from "../../src/core/own-result-line.ts";
import type { RequestRow } from "../../src/core/records.ts";
import { chatCompletions } from "../../src/endpoints/chat-completions.ts";
import { createJoin, type JoinOptions } from "../../src/stages/join.ts";
import { goodRow, requestFor } from "./support.ts";

const ASKED: RequestRow = { row: goodRow("a"), request: requestFor("a") };
const ID = customIdOf(requestFor("a").key);

function response(content: string, more: object = {}): string {
  const usage = { prompt_tokens: 7, completion_tokens: 3 };
  const body = { model: "m-1", choices: [{ message: { content }, finish_reason: "stop", ...more }], usage };
  return JSON.stringify({ id: "r", custom_id: ID, response: { status_code: 200, body }, error: null });
}

function error(status: number, code: string): string {
  const body = { error: { code, message: "because" } };
  return JSON.stringify({ custom_id: ID, response: { status_code: status, body }, error: null });
}

/** What is added to the row that asks, when that line lies in the files. */
function added(line: string | undefined, options: Partial<JoinOptions> = {}) {
  const join = createJoin({
    endpoint: chatCompletions,
    check: undefined,
    find: (ids) => new Map(line === undefined ? [] : ids.map((id) => [id, line])),
    whyNotAsked: () => undefined,
    outputField: "grade",
    withMeta: false,
    costOf: () => 5_000_000n,
    ...options,
  });
  const [row] = join([ASKED]);
  return Object.fromEntries(row?.added.map(({ name, json }) => [name, JSON.parse(json)]) ?? []);
}

describe("join", () => {
  test("an answer is text, or JSON where a schema was asked for", () => {
    expect(added(response('{"a": 1}'))).toEqual({ grade: '{"a": 1}' });
    expect(added(response('{"a": 1}'), { check: () => ({ ok: true }) })).toEqual({ grade: { a: 1 } });
  });

  test.each([
    ["one that breaks the schema", response("no"), "invalid_answer", "not so"],
    ["a refusal", response("", { message: { refusal: "I will not" } }), "refused", "I will not"],
    ["a cut one", response("x", { finish_reason: "length" }), "cut_off", "limit of output tokens"],
    ["a 4xx", error(400, "bad"), "rejected", "HTTP status 400, bad: because"],
    ["a 429", error(429, "slow"), "rate_limited", "HTTP status 429"],
    ["an expired one", JSON.stringify({ custom_id: ID, error: { code: "batch_expired" } }), "expired", "batch_expired"],
    ["no line", undefined, "missing_result", ID],
    ["no JSON", "{", "missing_result", ID],
  ])("%s is the failure that grade would have", (_name, line, code, message) => {
    const { grade, grade_error: failure } = added(line, { check: () => ({ ok: false, reason: "not so" }) });
    expect([grade, failure.code]).toEqual([null, code]);
    expect(failure.message).toContain(message);
  });

  test("what submit says of a failure stands, whatever the reply", () => {
    const failure = { code: "invalid_answer", message: "no (asked 4 times)" } as const;
    const line = ownResultLine({ customId: ID, line: response("good"), failure, marks: { batchId: "b", attempts: 4 } });
    expect(added(line, { withMeta: true })).toEqual({
      grade: null,
      grade_error: failure,
      grade_meta: {
        custom_id: ID,
        batch_id: "b",
        model: "m-1",
        finish_reason: "stop",
        usage: { input: 7, cached: 0, output: 3, reasoning: 0 },
        cost_usd: 0.000005,
        attempts: 4,
      },
    });
  });

  test("a row without a line says why it was never asked, if that can be told", () => {
    const failure = { code: "too_long", message: "too long" } as const;
    expect(added(undefined, { whyNotAsked: () => failure }).grade_error).toEqual(failure);
    expect(added(response("a"), { whyNotAsked: () => failure })).toEqual({ grade: "a" });
  });
});
