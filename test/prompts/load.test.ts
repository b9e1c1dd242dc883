import { describe, expect, test } from "vitest";
import { ConfigurationError } from "../../src/core/errors.ts";
import { loadPrompt, promptNames } from "../../src/prompts/load.ts";
import { promptFromValue } from "../../src/prompts/read-prompt.ts";
import { createRenderer } from "../../src/prompts/renderer.ts";
import { errorOf } from "./error-of.ts";

const two = "prompts:\n  a:\n    user: A\n  b:\n    user: B\n    system: S\n";

test("a file may be one prompt", () => {
  const text =
    "description: D\nsystem: S\nuser: U\nschema: {type: object, properties: {x: {type: string}}}\nschema_name: n";
  expect(loadPrompt(text, "p.yaml")).toMatchObject({
    name: "p.yaml",
    description: "D",
    system: { text: "S", origin: { line: 2, column: 9 } },
    user: { text: "U", origin: { line: 3, column: 7 } },
    schema: { type: "object" },
    schemaName: "n",
    examples: [],
  });
});

test("a file may be several prompts by name", () => {
  expect(loadPrompt(two, "p.yaml", "b")).toMatchObject({ name: "b", user: { text: "B" }, system: { text: "S" } });
  expect(promptNames(two, "p.yaml")).toStrictEqual(["a", "b"]);
  expect(promptNames("user: U", "p.yaml")).toStrictEqual([]);
});

test("a single named prompt needs no choice", () => {
  expect(loadPrompt("prompts: {only: {user: U}}", "p.yaml").name).toBe("only");
});

describe("is refused, naming place, key and way out:", () => {
  test.each([
    ["usr: U", "p.yaml:1:1", /unknown key "usr"/, /Did you mean "user"/],
    ["prompts:\n  a:\n    user: U\n    shema: {}", "p.yaml:4:5", /unknown key "shema"/, /Did you mean "schema"/],
    ["system: S", "p.yaml:1:1", /user/, undefined],
    ["user: 5", "p.yaml:1:7", /user.*string/, undefined],
    ["user: U\nschema_name: a b", "p.yaml:2:14", /schema_name.*letters/, undefined],
    ["user: U\nschema: {type: array}", "p.yaml:2:9", /object/, /Wrap/],
    ["user: U\nschema:\n  type: object\n  propertys: {}", "p.yaml:3:3", /propertys/, undefined],
    ["user: U\nexamples: [5]", "p.yaml:2:12", /examples.0/, undefined],
    ["user: U\nuser: V", "p.yaml:2:1", /unique/i, undefined],
    ["user: [", "p.yaml:", /./, undefined],
    ["user: !secret U", "p.yaml:1:7", /secret/, undefined],
    ["prompts: [1]", "p.yaml:1:10", /map/, undefined],
    ["prompts: {a: {user: U}}\nuser: V", "p.yaml:2:1", /"user" stands beside/, undefined],
    ["- 1", "p.yaml:1:1", /object/, undefined],
    ["", "p.yaml:1:1", /object/, undefined],
    [two, "p.yaml", /2 prompts/, /a, b/],
  ])("%j", (text, place, message, hint) => {
    const error = errorOf(() => loadPrompt(text, "p.yaml"));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain(place);
    expect(error.message).toMatch(message);
    if (hint !== undefined) expect(error.hint).toMatch(hint);
  });

  test("a name that is not there", () => {
    const error = errorOf(() => loadPrompt(two.replace("a:", "grade:"), "p.yaml", "grad"));
    expect(error.message).toContain('"grad"');
    expect(error.hint).toMatch(/Did you mean "grade".*Known: grade, b/);
    expect(() => loadPrompt("user: U", "p.yaml", "a")).toThrow(/without a name/);
    expect(() => loadPrompt(two, "p.yaml", "toString")).toThrow(/toString/);
  });

  test("an alias bomb", () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) => `l${i + 1}: &l${i + 1} [${"*l".concat(String(i), ", ").repeat(9)}]`,
    );
    const bomb = `l0: &l0 [x, x, x]\n${levels.join("\n")}\nuser: U`;
    expect(() => loadPrompt(bomb, "p.yaml")).toThrow(/p\.yaml: .*alias/i);
  });

  test("flow nested too deep to parse", () => {
    expect(() => loadPrompt(`user: ${"[".repeat(100_000)}`, "p.yaml")).toThrow(ConfigurationError);
  });
});

describe("errors in a template point into the file", () => {
  const placeOf = (text: string, name?: string) =>
    errorOf(() => createRenderer({ prompt: loadPrompt(text, "p.yaml", name), field: "response" })).message.split(
      " ",
    )[0];

  test.each([
    ["user: |\n  one\n    two {% nope %}", "p.yaml:3:9:"],
    ["user: |\n\n\n  one\n  {% nope %}", "p.yaml:5:3:"],
    ["user: |2-\n    one\n  {% nope %}", "p.yaml:3:3:"],
    ["prompts:\n  a:\n    system: S\n    user: |-\n      {% nope %}", "p.yaml:5:7:"],
    ["user: 'one {% nope %}'", "p.yaml:1:12:"],
    ['user: "one {% nope %}"', "p.yaml:1:12:"],
    ["user: one {% nope %}", "p.yaml:1:11:"],
    ["user: >\n  one\n\n  two {% nope %}", "p.yaml:1:7:"],
  ])("%j: %s", (text, place) => {
    expect(placeOf(text)).toBe(place);
  });
});

test("a prompt may come from a value read elsewhere", () => {
  expect(promptFromValue({ user: "U" }, "mine", "bg-pipe.yaml")).toMatchObject({ name: "mine", user: { text: "U" } });
  expect(() => promptFromValue({ usr: "U" }, "mine", "bg-pipe.yaml")).toThrow(
    'bg-pipe.yaml (prompts.mine.usr): unknown key "usr"',
  );
});
