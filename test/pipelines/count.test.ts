import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Counters } from "../../src/core/counters.ts";
import { jsonl } from "../../src/formats/jsonl.ts";
import { prepareQuestion } from "../../src/pipelines/question.ts";
import { createBuild } from "../../src/stages/build.ts";
import { createCount } from "../../src/stages/count.ts";
import { decodeAll } from "../formats/support.ts";
import { LogBook } from "../stages/support.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { counted, data, fixture, type Given, rows, settings, settingsWith } from "./count/counting.ts";

/** What grade's own stages make of the same lines. */
async function asGradeDoes(text: string | Uint8Array, given: Given = {}) {
  const { endpoint, render, request, tokenizer } = await prepareQuestion(settingsWith(given), data);
  const build = createBuild({ render, endpoint, settings: request, provider: "openai" });
  const count = createCount({ tokenizer, endpoint, contextWindow: undefined });
  const { rows: read } = await decodeAll(jsonl, text, [1 << 16], {
    file: "-",
    maxRecordBytes: settings.maxRecordBytes,
  });
  const counters = new Counters();
  const tokens = count(build(read)).flatMap((row) => {
    if ("request" in row) return [row.request.tokens];
    counters.countFailure(row.failure.code);
    return [];
  });
  return { rows: read.length, tokens, failed: counters.rowsFailed };
}

const line = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }).map((response) => JSON.stringify({ response })),
  fc.constantFrom("", " ", "{", "null", '{"other":1}', '{"response":null}', '{"response":{"a":[1.0]}}', "\uFEFF{}"),
);
const texts = fc.array(line, { maxLength: 30 }).map((lines) => lines.join("\n"));

describe("count", () => {
  test("counts the requests that grade's stages make, row by row", async () => {
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const { report, uncounted, distribution } = await counted({ inputFormat: "jsonl" }, { text });
        const expected = await asGradeDoes(text);
        const all = distribution.flatMap(([tokens, requests]) => Array.from({ length: requests }, () => tokens));
        expect(all).toEqual(expected.tokens.toSorted((a, b) => a - b));
        expect(uncounted.byCode).toEqual(expected.failed);
        expect(report.total.rows).toBe(expected.rows);
        expect(report.total.bad_rows).toBe(expected.rows - expected.tokens.length);
        expect(report.total.bytes).toBe(Buffer.byteLength(text));
      }),
      { numRuns: 50 },
    );
  });

  test.each(["grade", "correctness"])("counts the messages of the prompt %s", async (prompt) => {
    const { report } = await counted({ user: undefined, prompt }, { text: fixture });
    const { tokens } = await asGradeDoes(fixture, { user: undefined, prompt });
    expect(report.total.tokens.total).toBe(tokens.reduce((sum, some) => sum + some, 0));
    expect(report.tokens_of_schema).toBeGreaterThan(20);
  });

  test("says the same with any number of threads", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(texts, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(2, 3),
        async (files, workers) => {
          const directory = temporaryDirectory();
          const inputs = files.map((_, index) => join(directory, `${index}.jsonl`));
          for (const [index, text] of files.entries()) writeFileSync(inputs[index] ?? "", text);
          const limits = { chunkRows: 4, chunkTokens: 40, expectOutputTokens: 7 };
          const alone = await counted({ inputs, ...limits, workers: 0 });
          expect(await counted({ inputs, ...limits, workers })).toEqual(alone);
        },
      ),
      { numRuns: 5 },
    );
  }, 120_000);

  test("says the same of several megabytes in several threads, and has used them", async () => {
    const text = rows(...Array.from({ length: 6_000 }, (_, index) => `${index} ${"words and ".repeat(index % 97)}`));
    const bad = `${text}nonsense\n${text}{"x":1}\n${text}`;
    const alone = await counted({}, { text: bad });
    expect(alone.uncounted.first.map(({ place }) => place)).toEqual(["-:6001", "-:12002"]);
    expect(await counted({ workers: 2 }, { text: bad })).toEqual(alone);
    const broken = counted({ workers: 2, models: { odd: () => 0 } }, { text: bad });
    await expect(broken).rejects.toThrow();
  }, 120_000);
});

describe("count of files", () => {
  const table = "id,response\n1,one two\n2,three\n";
  const objects = [
    { id: "1", response: "one two" },
    { id: "2", response: "three" },
  ];
  const inFormats = {
    "a.jsonl": objects.map((row) => `${JSON.stringify(row)}\n`).join(""),
    "a.csv": table,
    "a.tsv": table.replaceAll(",", "\t"),
    "a.json": JSON.stringify(objects),
    "a.jsonl.gz": gzipSync(objects.map((row) => `${JSON.stringify(row)}\n`).join("")),
    "a.csv.zst": zstdCompressSync(table),
  };

  test("tells each file's figures, in every format, and those of all", async () => {
    const directory = temporaryDirectory();
    const inputs = Object.keys(inFormats).map((name) => join(directory, name));
    for (const [name, content] of Object.entries(inFormats)) writeFileSync(join(directory, name), content);
    const { report } = await counted({ inputs });
    expect(report.files.map(({ path }) => path)).toEqual(inputs);
    const alone = (await counted({ inputs: [join(directory, "a.csv")] })).report;
    for (const { path, bytes, ...figures } of report.files) {
      const { path: _, bytes: __, ...expected } = alone.files[0] ?? { path: "", bytes: 0 };
      expect({ path, ...figures }).toEqual({ path, ...expected });
    }
    expect(report.total.tokens.total).toBe(6 * alone.total.tokens.total);
    expect(report.files.map(({ bytes }) => bytes).at(-1)).toBe(table.length);
    expect(report.total.bytes).toBe(report.files.reduce((sum, { bytes }) => sum + bytes, 0));
  });

  test("has nothing to say of nothing, and no number that is made up", async () => {
    const { report } = await counted();
    const none = { rows: 0, bad_rows: 0, bytes: 0, chunks: 0, over_context: 0 };
    const tokens = { total: 0, mean: null, min: null, max: null, p50: null, p95: null, p99: null };
    expect(report).toMatchObject({ files: [{ path: "-", ...none, tokens }], total: { ...none, tokens } });
  });

  test("a signal ends it at once, also while it waits for a pipe", async () => {
    const stop = new AbortController();
    const stdin = new PassThrough();
    stdin.write(rows("a"));
    const end = counted({ inputFormat: "jsonl" }, { stdin, signal: stop.signal });
    setTimeout(() => stop.abort(new Error("stopped")), 50);
    await expect(end).rejects.toThrow("stopped");
    expect(stdin.destroyed).toBe(true);
  });
});

describe("what asking would take", () => {
  const text = rows("one", "two", "three", "four", "five");

  test("is chunks within the limits, of each file and of all together", async () => {
    const directory = temporaryDirectory();
    const inputs = ["a.jsonl", "b.jsonl"].map((name) => join(directory, name));
    for (const input of inputs) writeFileSync(input, rows("a", "b", "c"));
    const { report } = await counted({ inputs, chunkRows: 2 });
    expect(report.files.map(({ chunks }) => chunks)).toEqual([2, 2]);
    expect(report.total.chunks).toBe(3);
  });

  test("heeds what the provider has been found to take at a time", async () => {
    const learned = async () => ({ tokenLimit: 20, outputTokens: undefined, overheadTokens: undefined });
    expect((await counted({}, { text, learned })).report.total.chunks).toBe(3);
    expect((await counted({ enqueuedTokens: 1_000 }, { text, learned })).report.total.chunks).toBe(1);
  });

  test("reckons with what earlier requests were billed beyond their count, and leaves the count alone", async () => {
    const learned = async () => ({ tokenLimit: undefined, outputTokens: undefined, overheadTokens: 6.2 });
    const [plain, more] = [await counted({}, { text }), await counted({}, { text, learned })];
    expect(more.report.total).toEqual(plain.report.total);
    expect([plain.report.overhead_tokens, more.report.overhead_tokens]).toEqual([null, 7]);
    expect((more.costs.batch ?? 0n) - (plain.costs.batch ?? 0n)).toBe(BigInt(5 * 7) * 200_000n);
    const chunkTokens = plain.report.total.tokens.total;
    expect((await counted({ chunkTokens }, { text })).report.total.chunks).toBe(1);
    expect((await counted({ chunkTokens }, { text, learned })).report.total.chunks).toBeGreaterThan(1);
    const fewer = async () => ({ tokenLimit: undefined, outputTokens: undefined, overheadTokens: -3 });
    expect((await counted({}, { text, learned: fewer })).costs).toEqual(plain.costs);
  });

  test("leaves out what would not be asked, and says how much that is", async () => {
    const models = { small: { encoding: "o200k_base", context_window: 30 } };
    const long = rows("a", "b ".repeat(50));
    const over = await counted({ model: "small", models }, { text: long });
    expect(over.report.total).toMatchObject({ rows: 2, bad_rows: 0, over_context: 1, chunks: 1 });
    expect(over.report.total.tokens.max).toBeGreaterThan(50);
    const large = await counted({ chunkTokens: 30 }, { text: long });
    expect(large).toMatchObject({ tooLarge: 1, report: { total: { over_context: 0, chunks: 1 } } });
    const alone = await counted({}, { text: rows("a") });
    expect(large.costs).toEqual(alone.costs);
  });

  test.each([
    [{ expectOutputTokens: 7, maxOutputTokens: 9 }, 7, "expected"],
    [{ maxOutputTokens: 9 }, 9, "limit"],
    [{}, 3, "seen"],
    [{ endpoint: "/v1/embeddings", maxOutputTokens: undefined, expectOutputTokens: 5 }, 0, "none-needed"],
  ] as const)("with %j costs the input and %d output tokens a request (%s)", async (given, output, source) => {
    const learned = async () => ({ tokenLimit: undefined, outputTokens: 2.1, overheadTokens: undefined });
    const { costs, expected, report } = await counted(given, { text, learned });
    expect(expected).toEqual({ tokens: output, source });
    const { total } = report.total.tokens;
    expect(costs.batch).toBe(BigInt(total) * 200_000n + BigInt(5 * output) * 800_000n);
    expect(costs.live).toBe(BigInt(total) * 400_000n + BigInt(5 * output) * 1_600_000n);
    expect(JSON.parse(JSON.stringify(report)).estimate.batch_usd).toBe(Number(costs.batch) / 1e12);
  });

  test("is of the input alone when nothing is known of the output", async () => {
    const { costs, expected, report } = await counted({}, { text });
    expect(expected).toEqual({ tokens: null, source: "unknown" });
    expect(costs.batch).toBe(BigInt(report.total.tokens.total) * 200_000n);
  });

  test("is unknown, and never 0, without a price", async () => {
    const { report } = await counted({ model: "mine", encoding: "cl100k_base" }, { text });
    expect(report).toMatchObject({ model: "mine", encoding: "cl100k_base" });
    expect(report.estimate).toEqual({ batch_usd: null, live_usd: null, expected_output_tokens: null });
  });

  test("needs no model where an encoding is given, and one else", async () => {
    const { report } = await counted({ model: undefined, encoding: "o200k_base" }, { text });
    expect(report).toMatchObject({ model: null, estimate: { batch_usd: null }, total: { tokens: { total: 40 } } });
    await expect(counted({ model: undefined })).rejects.toThrow("no model is given");
  });

  test("is told as for grade, limits above the provider's own included", async () => {
    const log = new LogBook();
    await counted({ chunkRows: 60_000 }, { text, log });
    expect(log.warnings).toEqual(["--chunk-rows 60000 is over the provider's limit; using 50000"]);
  });
});

describe("tokens of the schema", () => {
  const schema = { name: "answer", schema: { type: "object", properties: { score: { type: "integer" } } } };
  const tools = [{ type: "function", function: { name: "look_up", parameters: { type: "object" } } }];

  test.each([
    ["/v1/chat/completions", { response_format: { type: "json_schema", json_schema: schema } }, [schema.schema]],
    ["/v1/responses", { text: { format: { type: "json_schema", ...schema } } }, [schema.schema]],
    ["/v1/chat/completions", { tools }, [tools]],
    ["/v1/chat/completions", { tools, functions: tools }, [tools, tools]],
    ["/v1/chat/completions", { response_format: { type: "json_object" } }, []],
    ["/v1/chat/completions", {}, []],
  ] as const)("%s with %j are those of its JSON text", async (endpoint, param, parts) => {
    const { tokenizer } = await prepareQuestion(settings, data);
    const expected = parts.reduce((sum, part) => sum + tokenizer.count(JSON.stringify(part)), 0);
    const { report } = await counted({ endpoint, param });
    expect(report.tokens_of_schema).toBe(expected);
  });
});
