import fc from "fast-check";
import { expect, test } from "vitest";
import { chatCompletions } from "../../src/endpoints/chat-completions.ts";
import { embeddings } from "../../src/endpoints/embeddings.ts";
import { responses } from "../../src/endpoints/responses.ts";

/** One token per word, so that expected numbers can be read off the texts. */
const words = (text: string) => text.split(" ").filter((word) => word !== "").length;

test("chat: 3 per message, role and content, and 3 for the reply", () => {
  const messages = [
    { role: "system", content: "a b c" },
    { role: "user", content: "d e" },
  ];
  expect(chatCompletions.promptTokens({ model: "m", messages }, words)).toBe(3 + 1 + 3 + 3 + 1 + 2 + 3);
});

test("chat: a name costs one more than its tokens", () => {
  const messages = [{ role: "user", name: "Ada Lovelace", content: "d" }];
  expect(chatCompletions.promptTokens({ model: "m", messages }, words)).toBe(3 + 1 + 1 + (1 + 2) + 3);
});

test("chat: text parts count, others do not", () => {
  const content = [
    { type: "text", text: "a b" },
    { type: "image_url", image_url: { url: "https://example.org/a b c" } },
  ];
  const messages = [{ role: "user", content }];
  expect(chatCompletions.promptTokens({ model: "m", messages }, words)).toBe(3 + 1 + 2 + 3);
});

test("responses: instructions count as a message", () => {
  const body = { model: "m", instructions: "a b", input: [{ role: "user", content: "c" }] };
  expect(responses.promptTokens(body, words)).toBe(3 + 1 + 2 + 3 + 1 + 1 + 3);
});

test("responses: a bare text counts as a user message", () => {
  expect(responses.promptTokens({ model: "m", input: "a b" }, words)).toBe(3 + 1 + 2 + 3);
});

test.each([
  [chatCompletions, { model: "m", messages: [{ role: "user", content: "a b" }] }],
  [responses, { model: "m", instructions: "be brief", input: [{ role: "user", content: "a b" }] }],
])("asked again with a reason, the reply and the reason count as two messages more: $path", (endpoint, body) => {
  const asked = endpoint.withReply?.(body, { text: "c d e", reason: "not so" });
  const more = 3 + 1 + 3 + (3 + 1 + 2);
  expect(endpoint.promptTokens(asked ?? body, words)).toBe(endpoint.promptTokens(body, words) + more);
});

test.each([
  ["a b", 2],
  [["a b", "c"], 3],
  [[1, 2, 3, 4], 4],
  [[[1, 2], [3]], 3],
])("embeddings: %j is %i tokens", (input, tokens) => {
  expect(embeddings.promptTokens({ model: "m", input }, words)).toBe(tokens);
});

test("bodies that others made never crash the count", () => {
  const shape = fc.jsonValue({ maxDepth: 4 });
  const body = fc.record({ model: fc.string(), messages: shape, input: shape, instructions: shape });
  fc.assert(
    fc.property(body, (each) => {
      for (const endpoint of [chatCompletions, responses, embeddings]) {
        const tokens = endpoint.promptTokens(each, words);
        expect(Number.isInteger(tokens) && tokens >= 0).toBe(true);
      }
    }),
  );
});
