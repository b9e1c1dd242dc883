import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConfigurationError } from "../../src/core/errors.ts";
import { parseFields } from "../../src/core/json-text.ts";
import { MissingFieldError, RowTemplateError } from "../../src/prompts/row-errors.ts";
import { compileTemplate } from "../../src/prompts/template.ts";
import { errorOf } from "./error-of.ts";

const origin = { file: "p.yaml", line: 10, column: 5, indentColumn: 5 };
/** Renders over a row given as JSON text, as rows come. */
const render = (template: string, row = "{}", added = {}) =>
  compileTemplate(template, origin).render(parseFields(row), added);
/** The same template in a form that only the full engine takes. */
const viaEngine = (template: string, row?: string) => render(`{% comment %}{% endcomment %}${template}`, row);

describe.each([
  ["plain", render],
  ["engine", viaEngine],
])("values print as they are: %s", (_, print) => {
  test.each([
    ['"text"', "text"],
    ['""', ""],
    ["null", ""],
    ["true", "true"],
    ["false", "false"],
    ["0", "0"],
    ["12", "12"],
    ["1.0", "1.0"],
    ["-0", "-0"],
    ["1e2", "1e2"],
    ["12345678901234567890", "12345678901234567890"],
    ["[]", "[]"],
    ['[1, "a", null]', '[1,"a",null]'],
    ["[1.10, 2]", "[1.10,2]"],
    ['{"a": {"b": 1.50}}', '{"a":{"b":1.50}}'],
    ['"<b> & {{ x }}"', "<b> & {{ x }}"],
  ])("%s", (json, text) => {
    expect(print("[{{ x }}]", `{"x": ${json}}`)).toBe(`[${text}]`);
  });
});

describe("fields are reached", () => {
  test.each([
    ['{{ row["my field"] }}', '{"my field": 1}', "1"],
    ['{{ row["7"] }}', '{"7": "seven"}', "seven"],
    ['{{ row["__proto__"] }}', '{"__proto__": "own"}', "own"],
    ["{{ __proto__ }}", '{"__proto__": "own"}', "own"],
    ["{{ constructor }}", '{"constructor": "own"}', "own"],
    ["{{ row }}", '{"row": "mine"}', "mine"],
    ["{{ row }}", '{"a": 1.0}', '{"a":1.0}'],
    ["{{ meta.tags[1] }}", '{"meta": {"tags": ["a", "b"]}}', "b"],
    ["{{ size }}", '{"size": "XL"}', "XL"],
    ["{% for t in turns %}{{ t.who }};{% endfor %}", '{"turns": [{"who": "a"}, {"who": "b"}]}', "a;b;"],
  ])("%s over %s", (template, row, text) => {
    expect(render(template, row)).toBe(text);
  });

  test("names that are added win, and one that is undefined hides the field", () => {
    expect(render("{{ text }}", '{"text": "row"}', { text: "added" })).toBe("added");
    expect(render("{{ row.text }}", '{"text": "row"}', { text: "added" })).toBe("row");
    expect(() => render("{{ text }}", '{"text": "row"}', { text: undefined })).toThrow(MissingFieldError);
    expect(() => render("{{ text | upcase }}", '{"text": "row"}', { text: undefined })).toThrow(MissingFieldError);
  });
});

describe("a missing field", () => {
  test.each([
    ["{{ qestion }}", "qestion"],
    ["{{ qestion | upcase }}", "qestion"],
    ['{{ row["qestion"] }}', "qestion"],
    ["{% assign q = qestion %}{{ q }}", "qestion"],
    ["{% for q in qestion %}{% endfor %}", "qestion"],
    ["{{ question.qestion }}", "question.qestion"],
    ["{{ toString }}", "toString"],
    ["{{ toString | upcase }}", "toString"],
    ["{{ __proto__ }}", "__proto__"],
    ["{{ size | upcase }}", "size"],
    ["{{ size }}", "size"],
    ["{{ first | upcase }}", "first"],
    ["{{ nothing.inside }}", "nothing.inside"],
  ])("%s fails the row", (template, field) => {
    const attempt = () => render(template, '{"question": {"a": 1}, "nothing": null}');
    expect(attempt).toThrow(
      expect.objectContaining({ field, failure: expect.objectContaining({ code: "missing_field" }) }),
    );
  });

  test("is named with the nearest one and the place that needs it", () => {
    const attempt = () => render("Dear\n  {{ qestion }}", '{"question": 1}');
    expect(attempt).toThrow(/"qestion".*p\.yaml:11:10.*did you mean "question"/);
    expect(() => render("Dear\n  {{ qestion | upcase }}", '{"question": 1}')).toThrow(/p\.yaml:11:10/);
  });

  test.each([
    "{% if qestion %}yes{% else %}no{% endif %}",
    "{% unless qestion %}no{% endunless %}",
    '{% if qestion and qestion != "" %}yes{% else %}no{% endif %}',
    '{{ qestion | default: "no" }}',
    '{% assign q = qestion | default: "no" %}{{ q }}',
  ])("may be asked for: %s", (template) => {
    expect(render(template)).toBe("no");
  });

  test("with very many long names does not take long to look up", () => {
    const row = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`${index}`.repeat(400), index]));
    expect(() => compileTemplate("{{ x }}", origin).render(row)).toThrow(MissingFieldError);
  });
});

describe("numbers spelled unusually", () => {
  test.each([
    ["{% if n > 1 %}yes{% endif %}", "yes"],
    ["{% if 1 < n %}yes{% endif %}", "yes"],
    ["{% if n == 1.5 %}yes{% endif %}", "yes"],
    ["{% if 1.5 == n %}yes{% endif %}", "yes"],
    ["{% if n <= m and m >= n %}yes{% endif %}", "yes"],
    ["{{ n | plus: 1 }}", "2.5"],
    ["{{ n | append: '!' }}", "1.50!"],
    ['{{ all | join: "/" }}', "1.50/2.0"],
    ["{% for x in all %}{{ x }};{% endfor %}", "1.50;2.0;"],
    ["{{ all }}", "[1.50,2.0]"],
    ["{{ n | json }}", "1.50"],
  ])("%s", (template, text) => {
    expect(render(template, '{"n": 1.50, "m": 1.60, "all": [1.50, 2.0]}')).toBe(text);
  });
});

test("text filters take lists and objects for their JSON", () => {
  expect(render("{{ o | append: '!' }}", '{"o": {"a": [1]}}')).toBe('{"a":[1]}!');
  expect(render("{{ o | strip }}", '{"o": ["a", "b"]}')).toBe('["a","b"]');
});

test("rendering leaves the row as it was", () => {
  const row = Object.freeze({ n: 1, list: Object.freeze([3, 1, 2]) });
  const template = compileTemplate(
    "{% assign n = 5 %}{% capture m %}x{% endcapture %}{{ list | sort | json }}{{ n }}",
    origin,
  );
  expect(template.render(row)).toBe("[1,2,3]5");
  expect(row).toStrictEqual({ n: 1, list: [3, 1, 2] });
});

describe("a template is refused for", () => {
  test.each([
    ["{% include 'x' %}", "p.yaml:10:5"],
    ["{% render 'x' %}", "p.yaml:10:5"],
    ["{% layout 'x' %}", "p.yaml:10:5"],
    ["{% increment x %}", "p.yaml:10:5"],
    ["line\n  {{ x | no_such_filter }}", "p.yaml:11:"],
    ["line\n\n  {% if x %}", "p.yaml:12:7"],
    ["{{ x", "p.yaml:10:5"],
    ["{{ list | sample }}", "p.yaml:10:"],
  ])("%j at %s", (template, place) => {
    const error = errorOf(() => compileTemplate(template, origin));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain(place);
    expect(error.message).not.toMatch(/line:\d/);
  });
});

describe("a row that breaks a template fails alone", () => {
  test.each([
    ['{{ t | date: "%Y" }}', '{"t": "now"}', "now"],
    ["{% for i in (1..n) %}{{ i }}{% endfor %}", '{"n": 100000000000}', "limit"],
  ])("%s over %s", (template, row, message) => {
    const attempt = () => render(template, row);
    expect(attempt).toThrow(RowTemplateError);
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(expect.objectContaining({ failure: expect.objectContaining({ code: "bad_input" }) }));
  });
});

test("dates print the same in every time zone", () => {
  expect(render('{{ t | date: "%Y-%m-%d %H:%M" }}', '{"t": "2026-11-21T23:30:00Z"}')).toBe("2026-11-21 23:30");
});

test("the names a template reads are known", () => {
  expect(
    [...compileTemplate("{{ a }}{% if b.c %}{% assign d = 1 %}{{ d }}{% endif %}", origin).names].sort(),
  ).toStrictEqual(["a", "b"]);
  expect([...compileTemplate("{{ a }}", origin).names]).toStrictEqual(["a"]);
});

test("plain templates say what the engine says", () => {
  const name = fc.constantFrom("a", "b", "row", "size", "first", "toString", "__proto__", "nil", "true", "empty");
  const part = fc.oneof(
    name.map((each) => `{{ ${each} }}`),
    name.map((each) => `{{${each}}}`),
    fc.constantFrom("{", "}}", "\n", " x "),
  );
  const value = fc.jsonValue({ maxDepth: 2 });
  const row = fc.dictionary(fc.constantFrom("a", "b", "row", "size", "__proto__"), value);
  const outcome = (call: () => string) => {
    try {
      return call();
    } catch (error) {
      if (error instanceof MissingFieldError) return `missing ${error.field}`;
      if (error instanceof ConfigurationError) return "not a template";
      throw error;
    }
  };
  fc.assert(
    fc.property(fc.array(part), row, (parts, fields) => {
      const template = parts.join("");
      const json = JSON.stringify(fields);
      expect(outcome(() => render(template, json))).toStrictEqual(outcome(() => viaEngine(template, json)));
    }),
  );
});
