import { describe, expect, test } from "vitest";
import { requestLine } from "../../src/core/request-line.ts";
import type { AnswerCheck } from "../../src/core/verdicts.ts";
import type { NewLine } from "../../src/ledger/chunk-file.ts";
import type { Chunk, ResultLocation } from "../../src/ledger/ledger.ts";
import { ResultReader } from "../../src/ledger/result-reader.ts";
import { fetchResults } from "../../src/stages/fetch.ts";
import { settle } from "../../src/stages/settle.ts";
import { submit } from "../../src/stages/submit.ts";
import type { BatchScript } from "./fake-provider.ts";
import { type AskedLine, answerTo, errorTo, questionIn, responseTo, untriedLine } from "./result-lines.ts";
import { keyFor, pollToEnd, requestFor, StageBench } from "./support.ts";

const TEXTS = ["a", "b", "c"];

async function settled(script: BatchScript, { bench = new StageBench(), check }: Given = {}) {
  bench.provider.nextBatches(script);
  const { chunk } = await pollToEnd(await submit(bench.seal(TEXTS), bench), bench);
  const fetched = await fetchResults(chunk, bench);
  return { bench, fetched, chunk: await settle(fetched, { ...bench, check }) };
}

interface Given {
  readonly bench?: StageBench;
  readonly check?: AnswerCheck | undefined;
}

function states(bench: StageBench): readonly string[] {
  return TEXTS.map((text) => {
    const state = bench.outcome(text);
    return state?.kind === "failed" ? state.failure.code : (state?.kind ?? "none");
  });
}

/** The lines of a few of the requests. */
const only = (texts: string, line: (asked: AskedLine) => string) => (asked: readonly AskedLine[]) =>
  asked.filter((one) => texts.includes(questionIn(one))).map(line);
const answers = (texts: string) => only(texts, (asked) => answerTo(asked));

const check: AnswerCheck = (text) => (text === "wrong" ? { ok: false, reason: "no grade in it" } : { ok: true });

/** Request a is refused, b is cut off, c is answered with something else. */
function invalidLine(one: AskedLine): string {
  const text = questionIn(one);
  if (text === "a") return answerTo(one, { refusal: "I will not" });
  return answerTo(one, text === "b" ? { finishReason: "length" } : { content: "wrong" });
}

/** Asks again, each with a reason and so under another key, what a chunk has left open. */
async function settleReasks(bench: StageBench, chunk: Chunk, script: BatchScript): Promise<Chunk> {
  const unasked = bench.ledger.unasked(chunk.id, -1, 10);
  const lines = unasked.map(({ key, origin }): NewLine => {
    const { key: sentKey, bodyText } = requestFor(`${key} with a reason`);
    return { key, origin, tokens: 1, sentKey, line: requestLine(sentKey, chunk.endpoint, bodyText) };
  });
  bench.ledger.claim(
    unasked.map(({ key }) => key),
    bench.run,
  );
  bench.provider.nextBatches(script);
  const { chunk: ended } = await pollToEnd(await submit(bench.sealLines(lines), bench), bench);
  return settle(await fetchResults(ended, bench), { ...bench, check });
}

/** The text that a result line says. */
function textAt(bench: StageBench, result: ResultLocation): unknown {
  const results = new ResultReader(bench.ledger);
  try {
    return JSON.parse(results.read(result)).response.body.choices[0].message.content;
  } finally {
    results.close();
  }
}

describe("settle", () => {
  test("files every answer, in whatever order the lines come", async () => {
    const { bench, chunk } = await settled({ output: (asked) => asked.toReversed().map((one) => answerTo(one)) });
    expect(states(bench)).toEqual(["answered", "answered", "answered"]);
    expect(chunk.state).toBe("settled");
    expect(bench.counters.tokensBilled).toEqual({ input: 30, cached: 12, output: 15, reasoning: 6 });
  });

  test("reads both files", async () => {
    const { bench } = await settled({ output: answers("a"), errors: only("bc", (one) => errorTo(one, 400)) });
    expect(states(bench)).toEqual(["answered", "rejected", "rejected"]);
  });

  test("a completed batch with an error file only", async () => {
    const { bench } = await settled({ errors: only("abc", (one) => errorTo(one, 400)) });
    expect(states(bench)).toEqual(["rejected", "rejected", "rejected"]);
  });

  test.each([
    { status: "expired" as const, line: "batch_expired" as const },
    { status: "cancelled" as const, line: "batch_cancelled" as const },
  ])("a batch that is $status keeps what it finished; the rest is asked again", async ({ status, line }) => {
    const withLines = await settled({
      status,
      output: answers("b"),
      errors: only("ac", (one) => untriedLine(one, line)),
    });
    expect(states(withLines.bench)).toEqual(["pending", "answered", "pending"]);
    const keys = withLines.bench.ledger.unasked(withLines.chunk.id, -1, 10).map(({ key }) => key);
    expect(keys).toEqual([keyFor("a"), keyFor("c")]);

    const withoutLines = await settled({ status, output: answers("b") });
    expect(states(withoutLines.bench)).toEqual(["pending", "answered", "pending"]);
  });

  test("what is asked too often fails, and its code says why", async () => {
    const expired = new StageBench();
    await settled({ status: "expired" }, { bench: Object.assign(expired, { retries: 0 }) });
    expect(states(expired)).toEqual(["expired", "expired", "expired"]);
    const missing = new StageBench();
    await settled({ output: answers("a") }, { bench: Object.assign(missing, { retries: 0 }) });
    expect(states(missing)).toEqual(["answered", "missing_result", "missing_result"]);
    const limited = new StageBench();
    const script = { errors: only("abc", (one: AskedLine) => errorTo(one, 429)) };
    await settled(script, { bench: Object.assign(limited, { retries: 0 }) });
    expect(states(limited)).toEqual(["rate_limited", "rate_limited", "rate_limited"]);
  });

  test("lines that are corrupt, foreign or of another chunk harm nobody, and are reported", async () => {
    const bench = new StageBench();
    const other = bench.chunkIn(["other"], "uploading", "uploaded", "creating", "submitted");
    const foreign = [
      "{",
      "null",
      "[]",
      '"text"',
      '{"custom_id":7}',
      answerTo({ customId: "theirs", url: "", body: { model: "m" } }),
      answerTo({ customId: `bgp-${keyFor("nobody's")}`, url: "", body: { model: "m" } }),
      answerTo({ customId: `bgp-${keyFor("other")}`, url: "", body: { model: "m" } }),
      "",
    ];
    await settled({ output: (asked) => [...foreign, ...answers("ac")(asked)] }, { bench });
    expect(states(bench)).toEqual(["answered", "pending", "answered"]);
    expect(bench.outcome("other")).toMatchObject({ kind: "pending", chunkId: other.id });
    expect(bench.outcome("nobody's")).toEqual({ kind: "unknown" });
    expect(bench.log.lines.find(({ level }) => level === "warn")?.fields).toMatchObject({ lines: 6 });
  });

  test("the first of two answers counts, and an answer counts over an error", async () => {
    const twice = (one: AskedLine, first: string, second: string) =>
      ({ a: [first, second], b: [first, errorTo(one, 400)], c: [errorTo(one, 400), second] })[questionIn(one)] ?? [];
    const { bench } = await settled({
      output: (asked) =>
        asked.flatMap((one) => twice(one, answerTo(one, { content: "1" }), answerTo(one, { content: "the 2nd" }))),
    });
    expect(states(bench)).toEqual(["answered", "answered", "answered"]);
    const [a, b] = ["a", "b"].map((text) => bench.outcome(text));
    const length = (state: typeof a) => (state?.kind === "answered" ? state.result.length : 0);
    expect(length(a)).toBe(length(b));
  });

  test("a status of 0, an empty reply and a body that is no answer are asked again", async () => {
    const odd = (one: AskedLine) =>
      ({ a: responseTo(one, 0, {}), b: responseTo(one, 200, { choices: [] }), c: responseTo(one, 500, null) })[
        questionIn(one)
      ] ?? "";
    const { bench } = await settled({ output: (asked) => asked.map(odd) });
    expect(states(bench)).toEqual(["pending", "pending", "pending"]);
  });

  test("an answer cut off and one against the schema wait to be asked again; a refusal fails for good", async () => {
    const { bench, chunk } = await settled({ output: (asked) => asked.map(invalidLine) }, { check });
    expect(states(bench)).toEqual(["refused", "pending", "pending"]);
    const again = bench.ledger.unasked(chunk.id, -1, 10);
    expect(again).toMatchObject([
      { key: keyFor("b"), reply: { reason: expect.stringContaining("cut off") } },
      { key: keyFor("c"), reply: { reason: expect.stringContaining("no grade in it") } },
    ]);
    expect(again.map(({ reply }) => reply && textAt(bench, reply.result))).toEqual(["re: b", "wrong"]);
  });

  test("asked often enough they fail with what was wrong, and the last reply stays to be shown", async () => {
    const bench = Object.assign(new StageBench(), { retries: 0 });
    await settled({ output: (asked) => asked.map(invalidLine) }, { bench, check });
    expect(states(bench)).toEqual(["refused", "cut_off", "invalid_answer"]);
    const texts = ["b", "c"].map((text) => {
      const state = bench.outcome(text);
      return state?.kind === "failed" && state.result !== undefined ? textAt(bench, state.result) : undefined;
    });
    expect(texts).toEqual(["re: b", "wrong"]);
  });

  test("the outcome of a request that was sent with a reason is filed under the request", async () => {
    const bench = new StageBench();
    const { chunk } = await settled({ output: (asked) => asked.map(invalidLine) }, { bench, check });
    const again = await settleReasks(bench, chunk, { output: (asked) => asked.map((one) => answerTo(one)) });
    expect(states(bench)).toEqual(["refused", "answered", "answered"]);
    expect(bench.outcome("b")).toMatchObject({ kind: "answered", attempts: 2 });
    expect(bench.log.warnings).toEqual([]);
    expect(again.state).toBe("settled");
  });

  test("a request that was sent with a reason and never answered is missing, as any other", async () => {
    const bench = Object.assign(new StageBench(), { retries: 1 });
    const { chunk } = await settled({ output: (asked) => asked.map(invalidLine) }, { bench, check });
    await settleReasks(bench, chunk, { output: () => [] });
    expect(states(bench)).toEqual(["refused", "missing_result", "missing_result"]);
  });

  test("each reply is paid for, and counted once, however often it was asked", async () => {
    const bench = new StageBench();
    const { chunk, fetched } = await settled({ output: (asked) => asked.map(invalidLine) }, { bench, check });
    expect(bench.counters.tokensBilled.output).toBe(15);
    await settle(fetched, { ...bench, check });
    expect(bench.counters.tokensBilled.output).toBe(15);
    await settleReasks(bench, chunk, { output: (asked) => asked.map((one) => answerTo(one, { content: "wrong" })) });
    expect(bench.counters.tokensBilled.output).toBe(25);
  });

  test("what was paid is counted for answers that fail, too", async () => {
    const { bench } = await settled({ output: only("abc", (one) => answerTo(one, { refusal: "no" })) });
    expect(bench.counters.tokensBilled.output).toBe(15);
  });

  test("done twice, as after a crash in between, it gives the same ledger", async () => {
    const script = { output: answers("a"), errors: only("b", (one: AskedLine) => errorTo(one, 500)) };
    const { bench, fetched } = await settled(script);
    const once = TEXTS.map((text) => bench.outcome(text));
    await settle(fetched, bench);
    expect(TEXTS.map((text) => bench.outcome(text))).toEqual(once);
  });

  test("files of more lines than are filed at a time, with text beyond ASCII", async () => {
    const bench = new StageBench();
    const texts = Array.from({ length: 1_200 }, (_, index) => `¿${index} – 流?`);
    const { chunk } = await pollToEnd(await submit(bench.seal(texts), bench), bench);
    await settle(await fetchResults(chunk, bench), bench);
    const outcomes = bench.ledger.outcomes(texts.map(keyFor), bench.run);
    expect(outcomes.every(({ kind }) => kind === "answered")).toBe(true);
  });
});
