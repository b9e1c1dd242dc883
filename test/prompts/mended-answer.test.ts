import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createAnswerChecker } from "../../src/prompts/answer-checker.ts";

const check = createAnswerChecker({
  type: "object",
  properties: { reasoning: { type: "string" }, score: { type: "integer" }, note: { type: "string" } },
  required: ["reasoning", "score"],
});
const ANSWER = '{"reasoning":"Good: {a} [b] ```","score":4}';

describe("an answer is mended where nothing is lost", () => {
  test.each([
    ["a fence", `\`\`\`json\n${ANSWER}\n\`\`\``, ["fence"]],
    ["a fence without a language, and space", `\n\`\`\`\n${ANSWER}\`\`\`\n\n`, ["fence"]],
    ["text before it", `Here is my grade:\n${ANSWER}`, ["text_around"]],
    ["text behind it", `${ANSWER}\nI hope this helps!`, ["text_around"]],
    ["a fence within text", `Sure.\n\`\`\`json\n${ANSWER}\n\`\`\`\nDone.`, ["text_around"]],
    ["a byte order mark", `\uFEFF${ANSWER}`, ["byte_order_mark"]],
    ["an object as a text", JSON.stringify(ANSWER), ["quoted"]],
    ["a comma behind the last", `${ANSWER.slice(0, -1)} , }`, ["trailing_comma"]],
    ["both", `\`\`\`json\n${ANSWER.slice(0, -1)},}\n\`\`\``, ["fence", "trailing_comma"]],
  ])("%s", (_, text, repaired) => {
    expect(check(text)).toStrictEqual({ ok: true, json: expect.any(String), repaired });
    const checked = check(text);
    expect(checked.ok && JSON.parse(checked.json)).toStrictEqual(JSON.parse(ANSWER));
  });

  test("a line end within a text", () => {
    const json = '{"reasoning":"one\\ntwo\\t🙂","score":4}';
    const raw = json.replace("\\n", "\n").replace("\\t", "\t");
    expect(check(raw)).toStrictEqual({ ok: true, json, repaired: ["control_character"] });
  });

  test("what is JSON as it came is not marked", () => {
    expect(check(`\n ${ANSWER} \n`)).toStrictEqual({ ok: true, json: ANSWER });
  });
});

describe("an answer is asked for again where something would be guessed", () => {
  test.each([
    ["cut off", ANSWER.slice(0, -1), "not JSON"],
    ["cut off in a fence", `\`\`\`json\n${ANSWER.slice(0, 12)}\n\`\`\``, "not JSON"],
    ["two of them", `${ANSWER}\n${ANSWER}`, "not JSON"],
    ["two of them in text", `First ${ANSWER}, then ${ANSWER}.`, "not JSON"],
    ["one in a list in text", `My grades: [${ANSWER}]`, "not JSON"],
    ["single quotes", ANSWER.replaceAll('"', "'"), "not JSON"],
    ["a comma for nothing", '{"reasoning":"a",,"score":4}', "not JSON"],
    ["a number in quotes", '{"reasoning":"a","score":"4"}', "/score must be integer"],
    ["a number in quotes in a fence", '```json\n{"reasoning":"a","score":"4"}\n```', "/score must be integer"],
    ["nothing where something is required", '{"reasoning":null,"score":4}', "/reasoning must be string"],
  ])("%s", (_, text, reason) => {
    expect(check(text)).toStrictEqual({ ok: false, reason: expect.stringContaining(reason) });
  });
});

test("null says that there is no such property, where the schema neither requires it nor lets it be null", () => {
  expect(check('{"reasoning":"a","score":4,"note":null}')).toStrictEqual({
    ok: true,
    json: '{"reasoning":"a","score":4}',
  });
});

test("numbers keep their spelling beside a null that is dropped", () => {
  const big = createAnswerChecker({
    type: "object",
    properties: { n: { type: "number" }, note: { type: "string" } },
    required: ["n"],
  });
  expect(big('{"n": 12345678901234567890.0, "note": null}')).toStrictEqual({
    ok: true,
    json: '{"n":12345678901234567890.0}',
  });
});

test("long and hostile texts are judged, in time in proportion", () => {
  const long = "x".repeat(900_000);
  expect(check(`\`\`\`json\n{"reasoning":"${long}","score":4}\n\`\`\``).ok).toBe(true);
  const spaces = " ".repeat(200_000);
  expect(check(`\`\`\`${spaces}!${spaces}${ANSWER}${spaces}?${spaces}`).ok).toBe(true);
  for (const text of [
    "{".repeat(500_000),
    '"'.repeat(500_000),
    `{${'"a\\'.repeat(200_000)}`,
    `{${",".repeat(500_000)}}`,
  ]) {
    expect(check(text).ok).toBe(false);
  }
});

test("what surrounds an answer is all that is taken away, whatever the answer says", () => {
  const around = fc.string().filter((text) => !/[{}[\]"]/.test(text));
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer(), around, around, (reasoning, score, before, after) => {
      const checked = check(before + JSON.stringify({ reasoning, score }) + after);
      expect(checked.ok && JSON.parse(checked.json)).toStrictEqual({ reasoning, score });
    }),
  );
});
