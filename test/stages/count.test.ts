import { describe, expect, test } from "vitest";
import { chatCompletions } from "../../src/endpoints/chat-completions.ts";
import { createCount } from "../../src/stages/count.ts";
import { goodRow, requestFor, requestRow } from "./support.ts";

/** Counts letters, and what it was asked to count. */
function letters() {
  const counted: string[] = [];
  const count = (text: string) => {
    counted.push(text);
    return text.length;
  };
  return { counted, encoding: "letters", count };
}

const overhead = chatCompletions.promptTokens(requestFor("").body, (text) => text.length);

describe("count", () => {
  test("gives each request its tokens, and passes on what has none", () => {
    const count = createCount({ tokenizer: letters(), endpoint: chatCompletions, contextWindow: undefined });
    const failed = { row: goodRow("x"), failure: { code: "missing_field" as const, message: "none" } };
    const [a, b, c] = count([requestRow("abc", 1, 0), failed, requestRow("", 3, 0)]);
    expect(a).toEqual({ row: goodRow("abc"), request: { ...requestFor("abc"), tokens: overhead + 3 } });
    expect(b).toBe(failed);
    expect(c).toMatchObject({ request: { tokens: overhead } });
  });

  test("a request over the context window fails, one that fills it does not", () => {
    const contextWindow = overhead + 4;
    const count = createCount({ tokenizer: letters(), endpoint: chatCompletions, contextWindow });
    const [fits, over] = count([requestRow("abcd"), requestRow("abcde", 2)]);
    expect(fits).toHaveProperty("request");
    expect(over).toMatchObject({ failure: { code: "too_long" }, row: { position: { line: 2 } } });
  });

  test("a text that comes with every row is counted a few times at most, and always the same", () => {
    const tokenizer = letters();
    const count = createCount({ tokenizer, endpoint: chatCompletions, contextWindow: undefined });
    const system = "You grade answers.";
    const rows = Array.from({ length: 500 }, (_, index) => {
      const row = requestRow(`answer ${index}`, index, 0);
      const messages = [
        { role: "system", content: system },
        { role: "user", content: `answer ${index}` },
      ];
      return { ...row, request: { ...row.request, body: { model: "m", messages } } };
    });
    const tokens = count(rows).map((row, index) => ("request" in row ? row.request.tokens - `${index}`.length : 0));
    expect(new Set(tokens).size).toBe(1);
    expect(tokenizer.counted.filter((text) => text === system).length).toBeLessThan(20);
    expect(tokenizer.counted.filter((text) => text.startsWith("answer"))).toHaveLength(500);
  });
});
