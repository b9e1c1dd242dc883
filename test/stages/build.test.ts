import { describe, expect, test } from "vitest";
import { canonicalBody, requestKey } from "../../src/core/keys.ts";
import type { Row } from "../../src/core/records.ts";
import { chatCompletions } from "../../src/endpoints/chat-completions.ts";
import { MissingFieldError } from "../../src/prompts/row-errors.ts";
import { type BuildOptions, createBuild } from "../../src/stages/build.ts";
import { goodRow } from "./support.ts";

const options: BuildOptions = {
  render: (fields) => {
    if (fields["response"] === "no field") throw new MissingFieldError("question", fields, "needed at p.yaml:1:2");
    if (fields["response"] === "bug") throw new TypeError("a bug");
    return { messages: [{ role: "user", content: `Grade: ${fields["response"]}` }] };
  },
  endpoint: chatCompletions,
  settings: { model: "m", extra: { seed: 7 } },
  provider: "p",
};
const build = createBuild(options);

describe("build", () => {
  test("makes a request of each row, with the key that says what it asks", () => {
    const body = { model: "m", seed: 7, messages: [{ role: "user", content: "Grade: a" }] };
    const bodyText = canonicalBody(body);
    const key = requestKey("p", "/v1/chat/completions", bodyText);
    expect(build([goodRow("a")])).toEqual([{ row: goodRow("a"), request: { key, body, bodyText, tokens: 0 } }]);
  });

  test("equal rows make equal requests, other rows others", () => {
    const keys = build([goodRow("a", 1), goodRow("a", 2), goodRow("b", 3)]).map((row) =>
      "request" in row ? row.request.key : undefined,
    );
    expect(keys[0]).toBe(keys[1]);
    expect(keys[0]).not.toBe(keys[2]);
  });

  test("rows that cannot be asked keep their place, with the failure that says why", () => {
    const position = { file: "in.jsonl", line: 2, byteOffset: 0 };
    const bad: Row = { kind: "bad", position, message: "no JSON", raw: "{" };
    const built = build([goodRow("a"), bad, goodRow("no field", 3)]);
    expect(built.map((row) => ("failure" in row ? row.failure.code : "asks"))).toEqual([
      "asks",
      "bad_input",
      "missing_field",
    ]);
    expect(built[1]).toEqual({ row: bad, failure: { code: "bad_input", message: "no JSON" } });
  });

  test("samples and other requests of a row are neighbours that share it, each with a key of its own", () => {
    const others = [{ settings: { ...options.settings, model: "n" } }];
    const row = goodRow("a");
    const built = createBuild({ ...options, samples: 2, others })([row, goodRow("no field", 2)]);
    const requests = built.flatMap((one) => ("request" in one ? [one.request] : []));
    expect(requests.map(({ body }) => body.model)).toEqual(["m", "m", "n", "n"]);
    expect(requests[1]?.bodyText).toBe(requests[0]?.bodyText);
    expect(new Set(requests.map(({ key }) => key)).size).toBe(4);
    expect(requests[0]).toEqual(build([row]).flatMap((one) => ("request" in one ? [one.request] : []))[0]);
    expect(built.slice(0, 4).every((one) => one.row === row)).toBe(true);
    expect(built.slice(4)).toMatchObject([{ failure: { code: "missing_field" } }]);
  });

  test("a bug is not a failed row", () => {
    expect(() => build([goodRow("bug")])).toThrow("a bug");
  });
});
