import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import {
  buildRequests,
  chunkRequests,
  countTokens,
  filter,
  grade,
  map,
  mergeResults,
  type PipelineReport,
  pipeline,
  readRows,
  submitBatches,
  writeRows,
} from "../../src/index.ts";
import { REPOSITORY, runProgram, temporaryFolder } from "../run-program.ts";
import { fileOf, Kept } from "./collect.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const model = "gpt-4.1-mini";
const ODD = [
  '{"b":1.0,"a":12345678901234567890,"response":"x","2":1,"1":2}',
  "{bad",
  '{"no":"response"}',
  '{"response":"y \\u00e9"}',
  '{"response":"y \\u00e9"}',
].join("\n");

const requestsOf = (report: PipelineReport) =>
  report.asked.map(({ requests: { asked, reused } }) => ({ asked, reused }));

describe("grade()", () => {
  let stateDir = "";
  let rows = "";
  let csv = "";
  beforeAll(() => {
    stateDir = temporaryFolder("library-state");
    rows = fileOf(`${ODD}\n`);
    csv = fileOf('id,response\n1,one\n2,"two, or so"\n', "rows.csv");
  });

  test.each([
    ["jsonl", () => rows, "jsonl"],
    ["csv", () => csv, "csv"],
    ["csv to json", () => csv, "json"],
  ] as const)("writes what the command writes: %s", async (_, input, format) => {
    const kept = new Kept();
    await pipeline(readRows(input()), grade({ provider: "emulator", model, stateDir }), writeRows(kept, { format }));
    const argv = ["grade", input(), "--provider", "emulator", "--output-format", format, "-q"];
    const command = await runProgram(join(REPOSITORY, "bin/bg-pipe.js"), argv, { cwd: stateDir });
    expect(kept.text).toBe(command.stdout);
    expect(kept.text).not.toBe("");
  });

  test("asks nothing again, and says what it did", async () => {
    const run = () => pipeline(readRows(rows), grade({ provider: "emulator", model, stateDir }), writeRows(new Kept()));
    await run();
    const report = await run();
    expect(report.rows).toEqual({ read: 5, unreadable: 1, dropped: 0, written: 5, failed: 2 });
    expect(requestsOf(report)).toEqual([{ asked: 0, reused: 2 }]);
  });

  test("a failed row has null and a reason, which later functions see", async () => {
    const kept = new Kept();
    await pipeline(
      readRows<{ response: string }>(rows),
      grade({ provider: "emulator", model, stateDir, outputField: "label" }),
      map((row) => ({ isGraded: row.label !== null, code: row.label_error?.code ?? null })),
      writeRows(kept),
    );
    const lines = kept.text.trimEnd().split("\n");
    const seen = lines.map((line) => JSON.parse(line));
    expect(seen.map(({ isGraded, code, label_error }) => [isGraded, code ?? label_error?.code ?? null])).toEqual([
      [true, null],
      [undefined, "bad_input"],
      [false, "missing_field"],
      [true, null],
      [true, null],
    ]);
  });

  test("a field of the answer's name is refused before anything is asked", async () => {
    const asked = pipeline(
      [{ response: "x", grade: 1 }],
      grade({ provider: "emulator", model, stateDir: temporaryFolder("library-clash") }),
      writeRows(new Kept()),
    );
    await expect(asked).rejects.toThrow('the row already has a field "grade"');
  });

  test("of rows that all fail nothing is asked, and no ledger is opened", async () => {
    const kept = new Kept();
    const untouched = join(temporaryFolder("library-none"), "state");
    const ask = grade({ provider: "emulator", model, stateDir: untouched });
    const report = await pipeline([{ no: 1 }], ask, writeRows(kept));
    expect(JSON.parse(kept.text)).toMatchObject({ no: 1, grade: null, grade_error: { code: "missing_field" } });
    expect(report.asked).toEqual([]);
    expect(() => readFileSync(join(untouched, "ledger.db"))).toThrow("ENOENT");
  });

  test("an empty table has the header that the command writes", async () => {
    const kept = new Kept();
    const ask = grade({ provider: "emulator", model, stateDir });
    await pipeline(readRows(fileOf("id,response\n", "none.csv")), ask, writeRows(kept, { format: "csv" }));
    expect(kept.text).toBe("id,response,grade.reasoning,grade.score,grade_error.code,grade_error.message\n");
  });

  test("a table has columns for the answers that functions have left, and no others", async () => {
    const kept = new Kept();
    await pipeline(
      readRows<{ id: string; response: string }>(csv),
      grade({ provider: "emulator", model, stateDir }),
      map((row) => ({ id: row.id, isGraded: row.grade !== null })),
      writeRows(kept, { format: "csv" }),
    );
    expect(kept.text).toBe("id,isGraded\n1,true\n2,true\n");
    const dropped = pipeline(
      readRows<{ response?: string }>(rows),
      grade({ provider: "emulator", model, stateDir }),
      map(({ response = "" }) => ({ response })),
      writeRows(new Kept(), { format: "csv" }),
    );
    await expect(dropped).rejects.toMatchObject({ code: "bad_input", message: expect.stringContaining(`${rows}:2:`) });
  });

  test("halt ends it at the first failed row, by its place", async () => {
    const ask = grade({ provider: "emulator", model, stateDir, onError: "halt" });
    await expect(pipeline(readRows(rows), ask, writeRows(new Kept()))).rejects.toThrow(`${rows}:2:`);
  });

  test("whoever stops taking rows ends it, and the next run goes on", async () => {
    const state = temporaryFolder("library-break");
    const essays = Array.from({ length: 20 }, (_, id) => ({ id, response: `essay ${id}` }));
    const ask = () => grade<{ id: number; response: string }>({ provider: "emulator", model, stateDir: state });
    const ids: number[] = [];
    for await (const { id } of ask()(readEach(essays))) if (ids.push(id) === 3) break;
    const report = await pipeline(essays, ask(), writeRows(new Kept()));
    const [requests] = requestsOf(report);
    expect([ids, (requests?.asked ?? 0) + (requests?.reused ?? 0)]).toEqual([[0, 1, 2], 20]);
    expect(requests?.reused).toBeGreaterThan(0);
  });

  test("a signal ends it while a batch is at work", async () => {
    const stop = new AbortController();
    const ask = grade<{ response: string }>({
      strategy: { execute: () => new Promise(() => stop.abort(new Error("enough"))) },
      mode: "live",
      model,
      stateDir: temporaryFolder("library-signal"),
    });
    const end = pipeline([{ response: "x" }], ask, writeRows(new Kept()), { signal: stop.signal });
    await expect(end).rejects.toThrow("enough");
  });

  test("two in one pipeline, each with its own field", async () => {
    const kept = new Kept();
    const state = temporaryFolder("library-two");
    await pipeline(
      readRows<{ response: string }>(csv),
      grade({ provider: "emulator", model, stateDir: state }),
      grade({ provider: "emulator", model, stateDir: state, user: "Shorten: {{ response }}", outputField: "short" }),
      writeRows(kept, { format: "csv" }),
    );
    const [header, ...lines] = kept.text.trimEnd().split("\n");
    expect(header).toBe(
      "id,response,grade.reasoning,grade.score,grade_error.code,grade_error.message,short,short_error.code,short_error.message",
    );
    expect(lines).toHaveLength(2);
  });
});

describe("its parts", () => {
  const essays = [
    { id: 1, text: "short" },
    { id: 2, text: "a much longer text, which has many more tokens than the first" },
    { id: 3, text: "brief" },
  ];

  test("requests are built, counted, chosen, changed, chunked, submitted and merged", async () => {
    const kept = new Kept();
    const report = await pipeline(
      essays,
      buildRequests({ model, user: "Say it again: {{ row.text }}" }),
      countTokens(),
      filter((request) => request.tokens < 20),
      map((request) => ({ ...request, body: { ...request.body, seed: 7 } })),
      chunkRequests({ chunkRows: 1 }),
      submitBatches({ provider: "emulator", stateDir: temporaryFolder("library-parts") }),
      map((result) => ({ ...result, answer: String(result.answer).toUpperCase() })),
      mergeResults({ outputField: "again", meta: true }),
      writeRows(kept),
    );
    const rows = kept.text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(rows).toMatchObject([
      { id: 1, again: expect.stringMatching(/^[^a-z]+$/), again_meta: { attempts: 1 } },
      { id: 3, again: expect.stringMatching(/^[^a-z]+$/) },
    ]);
    expect(report.asked).toMatchObject([{ chunks: 2, requests: { asked: 2 } }]);
  });

  test("requests and chunks can be looked at without asking", async () => {
    const requests = chunkRequests<(typeof essays)[0]>({ chunkRows: 2 })(
      countTokens<(typeof essays)[0]>()(
        buildRequests<(typeof essays)[0]>({ model, user: "{{ row.text }}" })(readEach(essays)),
      ),
    );
    const seen = await Array.fromAsync(requests);
    expect(seen.map(({ chunk, row, tokens }) => [chunk, row.id, tokens > 0])).toEqual([
      [0, 1, true],
      [0, 2, true],
      [1, 3, true],
    ]);
    expect(seen[0]?.body).toMatchObject({ model, messages: [{ role: "user", content: "short" }] });
  });

  test("a prompt and a schema may be objects", async () => {
    const [request] = await Array.fromAsync(
      buildRequests<(typeof essays)[0]>({
        model,
        prompt: { system: "You label.", user: "{{ row.text }}" },
        schema: { type: "object", properties: { label: { type: "string" } }, required: ["label"] },
      })(readEach(essays)),
    );
    expect(request?.body["messages"]).toHaveLength(2);
    expect(request?.body["response_format"]).toMatchObject({ type: "json_schema" });
  });

  test("a request that buildRequests did not make is refused", async () => {
    const made = { row: { id: 1 }, endpoint: "/v1/chat/completions", body: { model }, tokens: 1, chunk: 0 };
    const ask = submitBatches<{ id: number }>({ provider: "emulator", stateDir: temporaryFolder("library-made") });
    await expect(pipeline([made], ask, mergeResults(), writeRows(new Kept()))).rejects.toThrow("not made by");
  });

  test("a request of another model is refused", async () => {
    const change = map((request: { row: object; endpoint: string; body: { model: string }; tokens: number }) => ({
      ...request,
      body: { ...request.body, model: "gpt-5-mini" },
    }));
    const asked = pipeline(
      essays,
      buildRequests({ model, user: "{{ row.text }}" }),
      countTokens(),
      change,
      chunkRequests(),
      submitBatches({ provider: "emulator", stateDir: temporaryFolder("library-model") }),
      mergeResults(),
      writeRows(new Kept()),
    );
    await expect(asked).rejects.toThrow("several kinds");
  });
});

async function* readEach<T>(rows: readonly T[]): AsyncGenerator<T> {
  yield* rows;
}
