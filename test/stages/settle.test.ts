import { describe, expect, test } from "vitest";
import type { AnswerCheck } from "../../src/core/verdicts.ts";
import { fetchResults } from "../../src/stages/fetch.ts";
import { poll } from "../../src/stages/poll.ts";
import { settle } from "../../src/stages/settle.ts";
import { submit } from "../../src/stages/submit.ts";
import type { BatchScript } from "./fake-provider.ts";
import { type AskedLine, answerTo, errorTo, questionIn, responseTo, untriedLine } from "./result-lines.ts";
import { keyFor, StageBench } from "./support.ts";

const TEXTS = ["a", "b", "c"];

async function settled(script: BatchScript, { bench = new StageBench(), check }: Given = {}) {
  bench.provider.nextBatches(script);
  const { chunk } = await poll(await submit(bench.seal(TEXTS), bench), bench);
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

  test("a refusal, an answer cut off and one against the schema fail for good", async () => {
    const check: AnswerCheck = (text) => (text === "ok" ? { ok: true } : { ok: false, reason: "no" });
    const kinds: Record<string, string> = { a: "refusal", b: "length", c: "wrong" };
    const line = (one: AskedLine) => {
      const kind = kinds[questionIn(one)];
      if (kind === "refusal") return answerTo(one, { refusal: "I will not" });
      return answerTo(one, kind === "length" ? { finishReason: "length" } : { content: "wrong" });
    };
    const { bench } = await settled({ output: (asked) => asked.map(line) }, { check });
    expect(states(bench)).toEqual(["refused", "cut_off", "invalid_answer"]);
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
    const { chunk } = await poll(await submit(bench.seal(texts), bench), bench);
    await settle(await fetchResults(chunk, bench), bench);
    const outcomes = bench.ledger.outcomes(texts.map(keyFor), bench.run);
    expect(outcomes.every(({ kind }) => kind === "answered")).toBe(true);
  });
});
