import { expect, test } from "vitest";
import { combineAnswers } from "../../src/agreement/combine-answers.ts";

const json = { isJson: true, freeText: new Set(["why", "part.note"]) };
const text = { isJson: false, freeText: new Set<string>() };

test("each field by itself; free text from the answer that agrees most", () => {
  const answers = [
    '{"why":"one","ok":true,"score":1}',
    '{"why":"two","ok":false,"score":3}',
    '{"why":"three","ok":false,"score":4}',
  ];
  const { json: combined, fields } = combineAnswers(answers, json);
  expect(combined).toBe('{"why":"two","ok":false,"score":3}');
  expect([...fields]).toEqual([
    ["ok", { share: 2 / 3, tie: false }],
    ["score", { share: 1 / 3, tie: false, min: 1, max: 4 }],
  ]);
});

test("objects within objects, and properties that only some have", () => {
  const answers = [
    '{"part":{"a":1,"note":"x"},"extra":1}',
    '{"part":{"a":2,"note":"y"}}',
    '{"part":{"a":2,"note":"z","rare":0}}',
  ];
  const { json: combined, fields } = combineAnswers(answers, json);
  expect(combined).toBe('{"part":{"a":2,"note":"y"}}');
  expect(fields.get("part.a")).toMatchObject({ share: 2 / 3 });
});

test("names of all sorts keep their order", () => {
  const answers = ['{"10":1,"2":2,"__proto__":3}', '{"10":1,"2":2,"__proto__":3}'];
  expect(combineAnswers(answers, json).json).toBe(answers[0]);
});

test.each([
  [['"4"', '"2"', '" 3 "'], '"3"', { share: 1 / 3, tie: false, min: 2, max: 4 }],
  [['"good"', '"bad"', '"good\\n"'], '"good"', { share: 2 / 3, tie: false }],
  [['"4"', '"good"'], '"4"', { share: 0.5, tie: true }],
  // A tool call in the place of a text.
  [['"x"', '{"tool_calls":[]}', '{ "tool_calls": [] }'], '{"tool_calls":[]}', { share: 2 / 3, tie: false }],
  // More than a number can be.
  [['"1e999"', '"1e999"'], '"1e999"', { share: 1, tie: false }],
])("plain texts: %j", (answers, combined, agreement) => {
  const result = combineAnswers(answers, text);
  expect(result.json).toBe(combined);
  expect([...result.fields]).toEqual([["", agreement]]);
});

test.each([
  // What only some have is no agreement, whether it is taken or left out; of half of them it is a tie.
  [['{"kind":"x"}', "{}", "{}"], "{}", { share: 2 / 3, tie: false }],
  [['{"kind":"x"}', '{"kind":"x"}', "{}"], '{"kind":"x"}', { share: 2 / 3, tie: false }],
  [['{"kind":"x"}', "{}"], '{"kind":"x"}', { share: 0.5, tie: true }],
  [['{"kind":{"note":1}}', "{}", "{}"], "{}", { share: 2 / 3, tie: false }],
])("%j, where one lacks a property", (answers, combined, agreement) => {
  const result = combineAnswers(answers, json);
  expect([result.json, result.fields.get("kind")]).toEqual([combined, agreement]);
});
