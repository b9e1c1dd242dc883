import fc from "fast-check";
import { expect, test } from "vitest";
import { readYamlLayer } from "../../src/config/yaml-file.ts";
import { type BgPipeError, ConfigurationError } from "../../src/core/errors.ts";

const place = { path: "/data/bg-pipe.yaml", cwd: "/data", home: "/home/ann" };

async function failure(text: string): Promise<BgPipeError> {
  const error: unknown = await readYamlLayer(text, place).catch((thrown: unknown) => thrown);
  if (!(error instanceof ConfigurationError)) throw new Error(`expected a ConfigurationError, got ${String(error)}`);
  return error;
}

test.each(["", "\n", "# only a comment\n", "---\n", "null\n"])("%j sets nothing", async (text) => {
  expect([...(await readYamlLayer(text, place))]).toEqual([]);
});

test("values come with their place, also behind a byte order mark and CRLF", async () => {
  const layer = await readYamlLayer("\uFEFFmodel: m\r\nretries: 5\r\n", place);
  expect(layer.get("model")).toEqual({ value: "m", origin: expect.stringMatching(/^bg-pipe\.yaml:1:[89]$/) });
  expect(layer.get("retries")).toEqual({ value: 5, origin: "bg-pipe.yaml:2:10" });
});

test("a wrong key is named with its place and the nearest right one", async () => {
  const error = await failure("retries: 3\n\nmodle: gpt\n");
  expect(error.message).toBe('bg-pipe.yaml:3:1: unknown key "modle"');
  expect(error.hint).toContain("Did you mean model?");
  expect(error.exitStatus).toBe(78);
});

test.each([
  ["max_batches: 4", "max-batches"],
  ["api_key: hunter22", "api-key"],
  ["apiKey: hunter22", "api-key"],
  ["baseurl: x", "base-url"],
])("%j is near to %s, and its value is not shown", async (text, near) => {
  const error = await failure(text);
  expect(error.hint).toContain(`Did you mean ${near}?`);
  expect(error.message + error.hint).not.toContain("hunter22");
});

test.each([
  ["model: 4", "bg-pipe.yaml:1:8: model is 4, but has to be a text (quote it)"],
  ["model:", "bg-pipe.yaml:1:7: model is empty, but has to be a text (quote it)"],
  ["retries: many", 'bg-pipe.yaml:1:10: retries is "many", but has to be a whole number of at least 0'],
  ["meta: yes", 'bg-pipe.yaml:1:7: meta is "yes", but has to be true or false'],
  ["order: random", 'bg-pipe.yaml:1:8: order is "random", but has to be one of input, completion'],
  ["param: [1]", "bg-pipe.yaml:1:8: param has to be a map of names to values"],
  [
    "api-key: sk-abcdefghijkl",
    "bg-pipe.yaml:1:10: api-key has to be { file: PATH } or { env: NAME }, never the key itself",
  ],
  ["dry-run: true", "bg-pipe.yaml:1:1: dry-run cannot stand in a configuration file"],
  ["- model", "bg-pipe.yaml:1:1: a configuration is a map of option names to values"],
])("%j: %s", async (text, message) => {
  const error = await failure(text);
  expect(error.message).toBe(message);
});

test.each([
  ["model: a\nmodel: b\n", /^bg-pipe\.yaml:2:1: .*unique/],
  ["model: [a\n", /^bg-pipe\.yaml:\d+:\d+: /],
  ["model: a\n  b: c\n", /^bg-pipe\.yaml:\d+:\d+: /],
  ["a: 1\n---\nb: 2\n", /^bg-pipe\.yaml:\d+:\d+: .*multiple documents/],
  ["model: !odd a\n", /^bg-pipe\.yaml:1:8: Unresolved tag/],
  ["model: *nowhere\n", /^bg-pipe\.yaml:\d+:\d+: .*nowhere/],
])("broken YAML %j is told with its place", async (text, expected) => {
  expect((await failure(text)).message).toMatch(expected);
});

test("an alias bomb is refused", async () => {
  const levels = Array.from(
    { length: 12 },
    (_, n) =>
      `  k${n}: &a${n} [${Array(12)
        .fill(n === 0 ? "x" : `*a${n - 1}`)
        .join(", ")}]`,
  );
  expect((await failure(`param:\n${levels.join("\n")}\n`)).message).toMatch(/alias/i);
});

test("paths count from the file's own folder, and ~/ is the home folder", async () => {
  const text =
    "schema: s.json\nprompt: ./p.yaml\nexamples: ~/e.yaml\noutput: '-'\napi-key: { file: key }\nerrors: /abs/e\n";
  const elsewhere = await readYamlLayer(text, { ...place, cwd: "/work" });
  const values = Object.fromEntries([...elsewhere].map(([name, { value }]) => [name, value]));
  expect(values).toEqual({
    schema: "/data/s.json",
    prompt: "/data/p.yaml",
    examples: "/home/ann/e.yaml",
    output: "-",
    "api-key": { file: "/data/key" },
    errors: "/abs/e",
  });
  const here = await readYamlLayer("schema: s.json\nprompt: strict\n", place);
  expect([here.get("schema")?.value, here.get("prompt")?.value]).toEqual(["s.json", "strict"]);
  const named = await readYamlLayer("prompt: strict\n", { ...place, cwd: "/work" });
  expect(named.get("prompt")?.value).toBe("strict");
  const beside = await readYamlLayer("prompt: strict.yaml\n", { ...place, cwd: "/work" });
  expect(beside.get("prompt")?.value).toBe("/data/strict.yaml");
});

test("variables are left as they are", async () => {
  const text = "$" + "{HOME} $HOME";
  const layer = await readYamlLayer(`system: "${text}"\n`, place);
  expect(layer.get("system")?.value).toBe(text);
});

test("no text makes it fail in any other way than by saying what is wrong", async () => {
  const fragment = fc.constantFrom(
    "model",
    "param",
    ":",
    " ",
    "\n",
    "-",
    "{",
    "}",
    "[",
    "]",
    "&a",
    "*a",
    "'",
    '"',
    "|",
    "#",
    "1",
    "?",
    "<<",
    "!t",
    ",",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fragment, { maxLength: 20 }), async (fragments) => {
      const result: unknown = await readYamlLayer(fragments.join(""), place).catch((error: unknown) => error);
      expect(result instanceof Map || result instanceof ConfigurationError ? "fine" : result).toBe("fine");
    }),
    { numRuns: 300 },
  );
});
