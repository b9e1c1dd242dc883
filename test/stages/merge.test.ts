import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { FanIn } from "../../src/core/combine.ts";
import { InternalError } from "../../src/core/errors.ts";
import { compact } from "../../src/core/json-text.ts";
import type { AnsweredRow } from "../../src/core/records.ts";
import { embeddings } from "../../src/endpoints/embeddings.ts";
import type { ResultLocation } from "../../src/ledger/ledger.ts";
import { ResultReader } from "../../src/ledger/result-reader.ts";
import type { SettledPart, SettledRow } from "../../src/ledger/waiting-room.ts";
import { addedFieldNames, createMerge, extraColumns, type MergeOptions } from "../../src/stages/merge.ts";
import { answerTo, responseTo } from "./result-lines.ts";
import { goodRow, keyFor, StageBench } from "./support.ts";

/** A ledger with a chunk whose result file holds these lines. @returns where each lies */
function withResults(lines: readonly string[]) {
  const bench = new StageBench();
  const chunk = bench.chunkIn(["a"], "uploading", "uploaded", "creating");
  bench.ledger.advance(chunk.id, "submitted", { batchId: "batch-7" });
  const name = `${chunk.name}.output.jsonl`;
  writeFileSync(join(bench.ledger.directory, "results", name), lines.map((line) => `${line}\n`).join(""));
  const fileId = bench.ledger.addResultFile(name, chunk.id);
  let offset = 0;
  const places = lines.map((line): ResultLocation => {
    const length = Buffer.byteLength(line);
    const place = { fileId, offset, length };
    offset += length + 1;
    return place;
  });
  return { bench, chunk, places };
}

function merge(line: string, options: Partial<MergeOptions> = {}, attempts = 1): AnsweredRow | undefined {
  const { bench, chunk, places } = withResults(["another line, so that offsets matter: 流", line]);
  const [, result] = places;
  if (result === undefined) throw new Error("no line");
  const state = { kind: "answered" as const, result, attempts, chunkId: chunk.id };
  return mergeAll(bench, [{ row: goodRow("a"), key: keyFor("a"), state }], options)[0];
}

function mergeAll(bench: StageBench, rows: readonly SettledRow[], options: Partial<MergeOptions> = {}) {
  const results = new ResultReader(bench.ledger);
  onTestFinished(() => results.close());
  const { ledger, endpoint, counters, costOf } = bench;
  const plain = { outputField: "grade", check: undefined, withMeta: false, costOf, counters };
  return createMerge({ ledger, results, endpoint, ...plain, ...options })(rows);
}

const readJson = (text: string) => ({ ok: true as const, json: compact(text) });
const asked = { customId: `bgp-${keyFor("a")}`, url: "", body: { model: "m" } };

describe("merge", () => {
  test("an answer is a text", () => {
    expect(merge(answerTo(asked, { content: 'said "yes"\n流' }))).toEqual({
      row: goodRow("a"),
      added: [{ name: "grade", json: '"said \\"yes\\"\\n流"' }],
    });
  });

  test.each([
    ['{"b":1.0,"a":12345678901234567890}', '{"b":1.0,"a":12345678901234567890}'],
    ['{ "10": 1e3,\n  "2": "\\u00e9 \\/ x" }', '{"10":1e3,"2":"\\u00e9 \\/ x"}'],
    ["[ 1, 2 ]", "[1,2]"],
  ])("a JSON answer is spelled as the model spelled it, on one line: %j", (content, json) => {
    expect(merge(answerTo(asked, { content }), { check: readJson })?.added).toEqual([{ name: "grade", json }]);
  });

  test("an embedding is an array of numbers", () => {
    const line = responseTo(asked, 200, { model: "e", data: [{ embedding: [0.25, -1] }], usage: { prompt_tokens: 3 } });
    expect(merge(line, { endpoint: embeddings })?.added).toEqual([{ name: "grade", json: "[0.25,-1]" }]);
  });

  test("meta tells what is known beside the answer", () => {
    const added = merge(answerTo(asked), { withMeta: true, outputField: "score" }, 2)?.added ?? [];
    expect(added.map(({ name }) => name)).toEqual(["score", "score_meta"]);
    expect(JSON.parse(added[1]?.json ?? "")).toEqual({
      custom_id: asked.customId,
      batch_id: "batch-7",
      model: "model-1-2026",
      finish_reason: "stop",
      usage: { input: 10, cached: 4, output: 5, reasoning: 2 },
      cost_usd: null,
      attempts: 2,
    });
  });

  test("a failed request says why, and how often it was asked", () => {
    const { bench, chunk } = withResults([]);
    const failure = { code: "expired" as const, message: "too late" };
    const failed = (attempts: number) => ({ kind: "failed" as const, failure, attempts, chunkId: chunk.id });
    const rows = [1, 4].map((attempts) => ({ row: goodRow("a"), key: keyFor("a"), state: failed(attempts) }));
    const [once, often] = mergeAll(bench, rows, { withMeta: true });
    expect(once?.added.slice(0, 2)).toMatchObject([
      { name: "grade", json: "null" },
      { name: "grade_error", json: '{"code":"expired","message":"too late"}' },
    ]);
    expect(once?.failure).toEqual(failure);
    expect(JSON.parse(once?.added[2]?.json ?? "")).toMatchObject({ batch_id: "batch-7", model: null, usage: null });
    expect(JSON.parse(often?.added[1]?.json ?? "").message).toBe("too late (asked 4 times)");
  });

  test("a bad row shows its line and its text", () => {
    const { bench } = withResults([]);
    const position = { file: "in.jsonl", line: 3, byteOffset: 20 };
    const row = { kind: "bad" as const, position, message: "no JSON", raw: '{"a":' };
    const [merged] = mergeAll(bench, [{ row, failure: { code: "bad_input", message: "no JSON" } }]);
    expect(JSON.parse(merged?.added[1]?.json ?? "")).toEqual({
      code: "bad_input",
      message: "no JSON",
      line: 3,
      raw: '{"a":',
    });
  });

  test("a row that was asked several times is combined to one, with each answer in its meta", () => {
    const { bench, chunk, places } = withResults(["1", "2.0"].map((content) => answerTo(asked, { content })));
    const key = keyFor("a");
    const parts: SettledPart[] = places.map((result) => ({
      key,
      state: { kind: "answered" as const, result, attempts: 2, chunkId: chunk.id },
    }));
    const failure = { code: "too_long" as const, message: "long" };
    const beside = [{ name: "grade_more", json: "true" }];
    const fanIn: FanIn = {
      combine: (outcomes) => ({ json: JSON.stringify(outcomes.length), beside }),
      labels: [{ sample: 1 }, { sample: 2 }, { sample: 3 }],
      fields: ["grade_more"],
      columns: ["grade_more"],
    };
    const row = { row: goodRow("a"), parts: [...parts, { failure }] };
    const [merged] = mergeAll(bench, [row], { fanIn, withMeta: true, check: readJson });
    expect(merged?.added.map(({ name }) => name)).toEqual(addedFieldNames("grade", true, fanIn).toSpliced(1, 1));
    expect(merged?.added[0]?.json).toBe("3");
    expect(merged?.added[2]?.json).toContain('"answer":2.0}');
    expect(JSON.parse(merged?.added[2]?.json ?? "")).toMatchObject({
      custom_id: null,
      model: "model-1-2026",
      usage: { input: 20, cached: 8, output: 10, reasoning: 4 },
      attempts: 4,
      answers: [{ sample: 1, custom_id: asked.customId, answer: 1 }, { sample: 2 }, { sample: 3, error: failure }],
    });
    expect(extraColumns("grade", true, fanIn)).toContain("grade_meta.answers");
    expect(() => mergeAll(bench, [row])).toThrow(InternalError);
  });

  test("an answer of another request, or none, is a bug and no row", () => {
    const others = answerTo({ ...asked, customId: `bgp-${keyFor("b")}` });
    expect(() => merge(others)).toThrow(InternalError);
    expect(() => merge("{}")).toThrow(InternalError);
  });

  test("names the fields it may add", () => {
    expect(addedFieldNames("g", false)).toEqual(["g", "g_error"]);
    expect(addedFieldNames("g", true)).toEqual(["g", "g_error", "g_meta"]);
    expect(extraColumns("g", false)).toEqual(["g_error.code", "g_error.message"]);
    expect(extraColumns("g", true)).toContain("g_meta.batch_id");
  });
});
