import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseFields } from "../../src/core/json-text.ts";
import { canonicalBody, requestKey } from "../../src/core/keys.ts";
import type { GoodRow, RequestRow } from "../../src/core/records.ts";
import { requestLine } from "../../src/core/request-line.ts";
import { FirstPlaces } from "../../src/ledger/first-places.ts";
import { createTake } from "../../src/stages/take.ts";

const ENDPOINT = "/v1/chat/completions";

function createTaking() {
  const places = new FirstPlaces();
  onTestFinished(() => places.close());
  return createTake({ provider: "p", endpoint: ENDPOINT, places });
}

function rowOf(text: string, line = 1): GoodRow {
  return { kind: "row", position: { file: "r.jsonl", line, byteOffset: 0 }, text, fields: parseFields(text) };
}

function requestOf(row: RequestRow | undefined) {
  return row !== undefined && "request" in row ? row.request : undefined;
}

describe("take", () => {
  test("makes of a line the request that it was made of, byte for byte", () => {
    const take = createTaking();
    let line = 0;
    const messages = fc.array(fc.record({ role: fc.string(), content: fc.string({ unit: "binary" }) }));
    fc.assert(
      fc.property(messages, fc.double({ noNaN: true, noDefaultInfinity: true }), (said, temperature) => {
        const bodyText = canonicalBody({ model: "m", messages: said, temperature });
        const key = requestKey("p", ENDPOINT, bodyText);
        const text = requestLine(`${key.slice(0, -8)}${String(line++).padStart(8, "0")}`, ENDPOINT, bodyText);
        expect(requestOf(take([rowOf(text)])[0])).toMatchObject({ key, bodyText });
      }),
    );
  });

  test("the key is that of the body, however it is spelled; numbers stay as they are written", () => {
    const take = createTaking();
    const body = (id: string, text: string) =>
      rowOf(`{"custom_id":"${id}","method":"POST","url":"${ENDPOINT}","body":${text}}`);
    const [one, two, three] = take([
      body("1", '{"model":"m","messages":[{"content":"é"}],"seed":1.0}'),
      body("2", '{ "seed": 1.0, "messages": [ { "content": "\\u00e9" } ], "model": "m" }'),
      body("3", '{"model":"m","messages":[{"content":"é"}],"seed":1}'),
    ]).map(requestOf);
    expect(one?.bodyText).toBe('{"messages":[{"content":"é"}],"model":"m","seed":1.0}');
    expect(two?.key).toBe(one?.key);
    expect(three?.key).not.toBe(one?.key);
  });

  test("what waits is the custom_id alone", () => {
    const [row] = createTaking()([rowOf(`{"custom_id":"a","url":"/chat/completions","body":{"model":"m"}}`)]);
    expect(row?.row).toMatchObject({ text: '{"custom_id":"a"}', position: { line: 1 } });
    expect(requestOf(row)?.body).toEqual({ model: "m" });
  });

  test("a custom_id that was met before ends the run, and says where it was", () => {
    const take = createTaking();
    const text = `{"custom_id":"a","url":"${ENDPOINT}","body":{"model":"m"}}`;
    take([rowOf(text, 1)]);
    expect(() => take([rowOf(text, 7)])).toThrow('r.jsonl:7: the custom_id "a" is that of r.jsonl:1, too');
  });
});
