import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalBody } from "../../src/core/keys.ts";
import type { RequestBody } from "../../src/core/records.ts";
import { chatCompletions } from "../../src/endpoints/chat-completions.ts";
import { embeddings } from "../../src/endpoints/embeddings.ts";
import type { Endpoint, InvalidAnswer } from "../../src/endpoints/endpoint.ts";
import { responses } from "../../src/endpoints/responses.ts";

const message = fc.record({ role: fc.constantFrom("system", "user", "assistant"), content: fc.string() });
const reply = fc.record({ text: fc.string({ unit: "binary" }), reason: fc.string({ minLength: 1 }) });

function withReply(endpoint: Endpoint, body: RequestBody, invalid: InvalidAnswer): RequestBody {
  const asked = endpoint.withReply?.(body, invalid);
  if (asked === undefined) throw new Error("it cannot be asked again with a reason");
  return asked;
}

const conversations = [
  {
    endpoint: chatCompletions,
    field: "messages",
    others: { temperature: 0, response_format: { type: "json_schema" } },
  },
  { endpoint: responses, field: "input", others: { instructions: "be brief", text: { format: {} } } },
];

describe.each(conversations)("$endpoint.path", ({ endpoint, field, others }) => {
  const bodies = fc
    .array(fc.oneof(message, fc.jsonValue({ maxDepth: 2 })), { maxLength: 4 })
    .map((list): RequestBody => ({ model: "m", ...others, [field]: list }));

  test("the reply and its reason come behind the messages, and nothing else changes", () => {
    fc.assert(
      fc.property(bodies, reply, (body, invalid) => {
        const before = canonicalBody(body);
        const asked = withReply(endpoint, body, invalid);
        const added = [
          { role: "assistant", content: invalid.text === "" ? "…" : invalid.text },
          { role: "user", content: invalid.reason },
        ];
        expect(asked).toEqual({ ...body, [field]: [...listIn(body, field), ...added] });
        expect(canonicalBody(body)).toBe(before);
      }),
    );
  });

  test("taken away again, the body is what it was", () => {
    fc.assert(
      fc.property(bodies, reply, (body, invalid) => {
        const back = endpoint.withoutReply?.(withReply(endpoint, body, invalid));
        expect(back && canonicalBody(back)).toBe(canonicalBody(body));
      }),
    );
  });

  test("a reply without text is not an empty message", () => {
    const asked = withReply(endpoint, { model: "m", [field]: [] }, { text: "", reason: "cut off" });
    expect(listIn(asked, field)[0]).toEqual({ role: "assistant", content: "…" });
  });

  test.each([undefined, "a bare text", 7, { role: "user" }])(
    "with %j for its messages there is nothing to add to",
    (list) => {
      const body: RequestBody = { model: "m", [field]: list };
      expect(endpoint.withReply?.(body, { text: "no", reason: "why" })).toBeUndefined();
      expect(endpoint.withoutReply?.(body)).toBeUndefined();
    },
  );
});

test("an embedding is no conversation", () => {
  expect([embeddings.withReply, embeddings.withoutReply]).toEqual([undefined, undefined]);
});

function listIn(body: RequestBody, field: string): readonly unknown[] {
  const list = body[field];
  return Array.isArray(list) ? list : [];
}
