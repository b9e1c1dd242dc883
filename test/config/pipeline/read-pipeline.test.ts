import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isPipeline, readPipeline } from "../../../src/config/pipeline/read-pipeline.ts";
import { BgPipeError } from "../../../src/core/errors.ts";

const FOLDER = new URL("../../../config/pipelines/", import.meta.url);
const file = { path: "/flows/flow.yaml", cwd: "/project", home: "/nonexistent" };
const texts = readdirSync(FOLDER).map((name) => readFileSync(new URL(name, FOLDER), "utf8"));

function read(text: string, set: readonly string[] = []) {
  return readPipeline(text, { file, set });
}

/** What the second key of a map of options became. */
async function settingOf(text: string, set: readonly string[] = []): Promise<unknown> {
  const [step] = (await read(text, set)).steps;
  return step?.kind === "ask" ? [...step.layer.entries()].at(-1)?.[1].value : undefined;
}

test("paths count from the file's folder", async () => {
  const text =
    "input: [rows.csv, /abs/x, '-']\noutput: out.csv\nerrors: { output: ../failed.csv }\nsteps: [{ grade: { schema: s.json } }]\n";
  const { inputs, output, errors } = await read(text);
  expect([inputs, output, errors?.output]).toEqual([
    ["/flows/rows.csv", "/abs/x", "-"],
    { output: "/flows/out.csv" },
    { output: "/failed.csv" },
  ]);
  expect(await settingOf(text)).toBe("/flows/s.json");
});

test.each([
  ["n: 1", "n=5", 5],
  ["n: true", "n=false", false],
  ["n: [a]", "n=x, y", ["x", "y"]],
  ["n: a", "n=5", "5"],
  ["n: null", "n=x", "x"],
  ["n: []", "n=x", ["x"]],
])("a variable keeps its type: %s with --set %s", async (declared, set, value) => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what users write
  const text = "steps: [{ grade: { param: { x: '${{ vars.n }}' } } }]";
  expect(await settingOf(`vars: { ${declared} }\n${text}`, [set])).toEqual({ x: value });
});

test.each([
  ["n: 1", ["n=x"], "is not a number"],
  ["n: true", ["n=x"], "neither true nor false"],
  ["n: null", [], "has no value"],
  ["n: []", [], "has no value"],
  ["name: x", [], 'there is no variable "n"'],
  ["n: 1", ["n"], "has to be NAME=VALUE"],
])("a variable that cannot be: %s with %j", async (declared, set, message) => {
  const text = `vars: { ${declared} }\nsteps: [{ grade: { system: 'x \${{ vars.n }}' } }]`;
  await expect(read(text, set)).rejects.toThrow(message);
});

test.each(["log-file: x", "output: x", "plugins: []", "config: x"])("options cannot say %s", async (option) => {
  await expect(read(`options: { ${option} }\nsteps: [{ grade: {} }]\n`)).rejects.toThrow("unknown key");
});

test("whatever is done to a file, it is a pipeline, or an error says what is wrong", async () => {
  const cut = fc.tuple(
    fc.nat(),
    fc.nat({ max: 12 }),
    fc.constantFrom("", "x", ": ", "- ", "\n", "{", "]", "${{ ", "null", "&a", "<<"),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...texts), fc.array(cut, { minLength: 1, maxLength: 3 }), async (text, cuts) => {
      let changed = text;
      for (const [at, length, piece] of cuts) {
        const start = at % changed.length;
        changed = changed.slice(0, start) + piece + changed.slice(start + length);
      }
      try {
        isPipeline(changed, "flow.yaml");
        await readPipeline(changed, { file, set: [], isCheck: true });
      } catch (error) {
        expect(error).toBeInstanceOf(BgPipeError);
      }
    }),
    { numRuns: 60 },
  );
});
