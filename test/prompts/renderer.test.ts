import { describe, expect, test } from "vitest";
import { ConfigurationError } from "../../src/core/errors.ts";
import { type Example, flagText, type Prompt } from "../../src/prompts/prompt.ts";
import { createRenderer } from "../../src/prompts/renderer.ts";
import { MissingFieldError } from "../../src/prompts/row-errors.ts";
import { errorOf } from "./error-of.ts";

function promptOf(user: string, rest: Partial<Prompt> = {}): Prompt {
  return { name: "mine", user: flagText("--user", user), schemaName: "answer", examples: [], ...rest };
}

test("system, then user", () => {
  const prompt = promptOf("Q: {{ question }}", { system: flagText("--system", "Grade for {{ who }}.") });
  const render = createRenderer({ prompt, field: "response" });
  expect(render({ question: "why", who: "Ada" })).toStrictEqual({
    messages: [
      { role: "system", content: "Grade for Ada." },
      { role: "user", content: "Q: why" },
    ],
  });
});

describe("text is the chosen field", () => {
  const render = createRenderer({ prompt: promptOf("{{ text }}"), field: "my answer" });

  test("whatever it is called", () => {
    expect(render({ "my answer": "A" }).messages[0]?.content).toBe("A");
  });

  test("even where the row has another text", () => {
    expect(render({ "my answer": "A", text: "B" }).messages[0]?.content).toBe("A");
    expect(() => render({ text: "B" })).toThrow(MissingFieldError);
  });

  test("and empty when it is null", () => {
    expect(render({ "my answer": null }).messages[0]?.content).toBe("");
  });

  test("and named when it is missing", () => {
    expect(() => render({ "my anwser": "A" })).toThrow(/no field "my answer".*--field.*did you mean "my anwser"/);
  });

  test("and not needed by a template that makes no use of it", () => {
    const other = createRenderer({ prompt: promptOf("{{ question }}"), field: "response" });
    expect(other({ question: "why" }).messages[0]?.content).toBe("why");
  });

  test("and not confused with the row's own", () => {
    const own = createRenderer({ prompt: promptOf("{{ row.text | upcase }}"), field: "response" });
    expect(() => own({ response: "A" })).toThrow(expect.objectContaining({ field: "text" }));
  });
});

describe("examples", () => {
  const withExamples = (user: string, examples: readonly Example[]) =>
    createRenderer({ prompt: promptOf(user), field: "response", examples });

  test("print as a numbered list", () => {
    const render = withExamples("{{ examples }}", ["one", "two"]);
    expect(render({}).messages[0]?.content).toBe("1. one\n2. two");
  });

  test("of several lines are set apart", () => {
    const render = withExamples("{{ examples }}", ["one\nline\n", "two\n"]);
    expect(render({}).messages[0]?.content).toBe("1. one\nline\n\n2. two");
  });

  test("can be looped over", () => {
    const render = withExamples("{% for e in examples %}<{{ e }}>{% endfor %}", ["one", "two"]);
    expect(render({}).messages[0]?.content).toBe("<one><two>");
  });

  test("that are rows with answers become earlier turns, in the prompt's own words", () => {
    const render = withExamples("Grade: {{ text }}", [
      { fields: { response: "good" }, answer: { score: 5 } },
      { fields: { response: "bad" }, answer: "1" },
    ]);
    expect(render({ response: "fair" }).messages).toStrictEqual([
      { role: "user", content: "Grade: good" },
      { role: "assistant", content: '{"score":5}' },
      { role: "user", content: "Grade: bad" },
      { role: "assistant", content: "1" },
      { role: "user", content: "Grade: fair" },
    ]);
  });

  test("of the prompt are used when none are given", () => {
    const prompt = promptOf("{{ examples }}", { examples: ["own"] });
    expect(createRenderer({ prompt, field: "response" })({}).messages[0]?.content).toBe("1. own");
  });

  test("that would be lost are an error", () => {
    expect(() => withExamples("{{ text }}", ["one"])).toThrow(ConfigurationError);
    expect(errorOf(() => withExamples("{{ text }}", ["one"])).hint).toContain("{{ examples }}");
  });

  test("that are needed and not given are an error of the run, not of the row", () => {
    const render = withExamples("{{ examples }}", []);
    expect(() => render({ examples: "the row's own" })).toThrow(ConfigurationError);
    expect(errorOf(() => render({})).hint).toContain("--examples FILE");
  });

  test("that are optional may be absent", () => {
    expect(withExamples("{% if examples %}yes{% else %}no{% endif %}", [])({}).messages[0]?.content).toBe("no");
  });

  test("without a field the prompt needs are an error of the run", () => {
    const make = () => withExamples("{{ text }}", [{ fields: { respons: "x" }, answer: "1" }]);
    expect(make).toThrow(ConfigurationError);
  });
});
