import { expect, test } from "vitest";
import { load } from "../../src/core/registry.ts";
import { tokenizers } from "../../src/tokens/index.ts";
import { partsOf, SplitWorld } from "./splitting.ts";

const MODEL = { model: "gpt-4.1-mini", user: "Grade: {{ text }}" };
const TEXTS = ["one", "two words", "流水线 and more of it", "", "x ".repeat(50), "end"];
const jsonl = (texts: readonly string[]) => texts.map((response) => `${JSON.stringify({ response })}\n`).join("");

/** By the documented formula: 3 for the reply, and for the one message 3, its role and its content. */
async function tokensOf(text: string): Promise<number> {
  const tokenizer = await load("encoding", tokenizers, "o200k_base");
  return 3 + 3 + tokenizer.count("user") + tokenizer.count(`Grade: ${text}`);
}

test("tokens are those of the requests that grade would make, and limit the parts", async () => {
  const world = new SplitWorld();
  const tokens = await Promise.all(TEXTS.map(tokensOf));
  const report = await world.split({ ...MODEL, inputs: [world.write("rows.jsonl", jsonl(TEXTS))], chunkTokens: 40 });
  const expected: number[][] = [];
  for (const count of tokens) {
    const last = expected.at(-1);
    if (last !== undefined && last.reduce((sum, one) => sum + one, count) <= 40) last.push(count);
    else expected.push([count]);
  }
  expect(report.files[0]?.parts.map((part) => [part.rows, part.tokens])).toEqual(
    expected.map((part) => [part.length, part.reduce((sum, one) => sum + one)]),
  );
  expect(report).toMatchObject({
    model: MODEL.model,
    encoding: "o200k_base",
    total: { tokens: tokens.reduce((a, b) => a + b) },
  });
  expect(partsOf(report).join("")).toBe(jsonl(TEXTS));
  expect(world.warnings).toEqual([
    expect.stringMatching(/: 1 row over --chunk-tokens, each .*; the first: .*rows\.jsonl:5$/),
  ]);
});

test.each([
  [{}, null, null],
  [{ model: "gpt-4.1-mini" }, "gpt-4.1-mini", "o200k_base"],
  [{ encoding: "cl100k_base" as const }, null, "cl100k_base"],
  [{ model: "unheard-of", encoding: "cl100k_base" as const }, "unheard-of", "cl100k_base"],
  [{ model: "gpt-4.1-mini", countTokens: false }, null, null],
  [{ provider: "emulator" as const, countTokens: true }, "gpt-4.1-mini", "o200k_base"],
])("%j counts for %j by %j", async (given, model, encoding) => {
  const world = new SplitWorld();
  const report = await world.split({ ...given, inputs: [world.write("rows.jsonl", jsonl(TEXTS))], chunkRows: 3 });
  expect(report).toMatchObject({ model, encoding });
  expect(
    [report.total.tokens, report.files[0]?.tokens, report.files[0]?.parts[0]?.tokens].map((count) => typeof count),
  ).toEqual(Array.from({ length: 3 }, () => (encoding === null ? "object" : "number")));
});

test("rows that make no request count as no tokens, and are told", async () => {
  const world = new SplitWorld();
  const path = world.write("rows.jsonl", `{"response":"a"}\n{"text":"b"}\nbroken\n{"text":"c"}\n`);
  const report = await world.split({ ...MODEL, inputs: [path], chunkRows: 1 });
  expect(report.files[0]?.parts.map(({ tokens }) => tokens)).toEqual([await tokensOf("a"), 0, 0, 0]);
  expect(world.warnings).toEqual([
    expect.stringContaining("1 bad row,"),
    expect.stringMatching(/2 rows without a request, counted as 0 tokens; the first: .*rows\.jsonl:2: .*response/),
  ]);
});
