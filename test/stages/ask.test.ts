import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { UnfinishedError } from "../../src/core/errors.ts";
import { Patience } from "../../src/core/patience.ts";
import type { Chunk } from "../../src/ledger/ledger.ts";
import { resultFileNames } from "../../src/ledger/result-files.ts";
import { ask, type LiveAttempt } from "../../src/stages/ask.ts";
import { eventually, turn, VirtualClock } from "../support/virtual-clock.ts";
import { asking, failure, LIMITS, questionOf, reply } from "./asking.ts";
import { errorOf, StageBench } from "./support.ts";

const MINUTE_MS = 60_000;

function statesOf(bench: StageBench, texts: readonly string[]): readonly (string | undefined)[] {
  return texts.map((text) => {
    const state = bench.outcome(text);
    return state?.kind === "failed" ? state.failure.code : state?.kind;
  });
}

/** Answers what it is asked, but fails the first so many attempts at each question. */
function failsAtFirst(times: Readonly<Record<string, number>>, error: () => Error) {
  const asked: string[] = [];
  const respond = async (attempt: LiveAttempt) => {
    const question = questionOf(attempt);
    asked.push(question);
    if (attempt.number <= (times[question] ?? 0)) throw error();
    return reply(`answer to ${question}`);
  };
  return { asked, respond };
}

function resultsOf(bench: StageBench, chunk: Chunk): readonly string[] {
  const path = join(bench.ledger.directory, "results", resultFileNames(chunk).output);
  return readFileSync(path, "utf8").split("\n").slice(0, -1);
}

test("each request is asked once, as it was sealed; replies are lines of the result file", async () => {
  const bench = new StageBench();
  const texts = Array.from({ length: 600 }, (_, index) => `流 ${index}`);
  const { asked, respond } = failsAtFirst({}, Error);
  const chunk = bench.seal(texts);
  const settled = await ask(chunk, asking(bench, respond, { concurrency: 50 }));
  expect(settled.state).toBe("settled");
  expect(asked).toEqual(texts);
  expect(new Set(statesOf(bench, texts))).toEqual(new Set(["answered"]));
  expect(resultsOf(bench, chunk)).toHaveLength(600);
  expect(bench.counters.liveCalls).toBe(600);
});

describe("failures that pass", () => {
  test("a hundred 429s to a request are no tries: it is answered all the same", async () => {
    const bench = new StageBench();
    const { respond } = failsAtFirst({ a: 100 }, () => failure("rate_limited", { status: 429, retryAfterMs: 10 }));
    const limits = { ...LIMITS, patienceMs: Number.POSITIVE_INFINITY, transportRetries: 0 };
    await ask(bench.seal(["a", "b"]), asking(bench, respond, { retries: 0, attempts: limits }));
    expect(statesOf(bench, ["a", "b"])).toEqual(["answered", "answered"]);
  });

  test("after ten minutes of 429s a request is left for a later try", async () => {
    const bench = new StageBench();
    const respond = async () => {
      throw failure("rate_limited", { status: 429 });
    };
    await ask(bench.seal(["a"]), asking(bench, respond, { retries: 0 }));
    expect(statesOf(bench, ["a"])).toEqual(["rate_limited"]);
    expect(bench.clock.elapsedMs).toBeGreaterThan(10 * MINUTE_MS);
    expect(bench.clock.elapsedMs).toBeLessThan(13 * MINUTE_MS);
  });

  test.each([
    [4, "answered", 5],
    [5, "server_error", 5],
  ])("%d server errors while others are answered: %s after %d calls", async (errors, state, calls) => {
    const bench = new StageBench();
    const pulse = { answers: 0, lastAnswerAt: bench.clock.now() };
    const { asked, respond } = failsAtFirst({ a: errors }, () => failure("unavailable", { status: 500 }));
    const answeringOthers = async (attempt: LiveAttempt) => {
      pulse.lastAnswerAt = bench.clock.now();
      return respond(attempt);
    };
    await ask(bench.seal(["a"]), asking(bench, answeringOthers, { retries: 0, pulse }));
    expect([statesOf(bench, ["a"]), asked.length]).toEqual([[state], calls]);
    expect(bench.clock.sleeps.slice(0, 3)).toEqual([500, 1000, 2000]);
  });

  test("nobody is answered for ten minutes: the run ends unfinished, and no request has failed", async () => {
    const bench = new StageBench();
    const texts = ["a", "b", "c"];
    const respond = async () => {
      throw failure("unavailable");
    };
    const error = await errorOf(ask(bench.seal(texts), asking(bench, respond)));
    expect(error).toBeInstanceOf(UnfinishedError);
    expect(error).toMatchObject({ exitStatus: 75, hint: expect.stringMatching(/same command/) });
    expect(statesOf(bench, texts)).toEqual(["pending", "pending", "pending"]);
    expect(bench.clock.elapsedMs).toBeGreaterThan(10 * MINUTE_MS);
    expect(bench.clock.elapsedMs).toBeLessThan(11 * MINUTE_MS);
  });

  test("an outage of nine minutes is sat out", async () => {
    const bench = new StageBench();
    const until = bench.clock.now() + 9 * MINUTE_MS;
    const respond = async (attempt: LiveAttempt) => {
      if (bench.clock.now() < until) throw failure("unavailable", { status: 503 });
      return reply(questionOf(attempt));
    };
    const texts = Array.from({ length: 20 }, (_, index) => `${index}`);
    await ask(bench.seal(texts), asking(bench, respond));
    expect(new Set(statesOf(bench, texts))).toEqual(new Set(["answered"]));
  });
});

describe("the time of a request", () => {
  test("an attempt gets what is left of it; when it is over, the request is", async () => {
    const bench = new StageBench();
    const timeouts: number[] = [];
    const respond = async ({ timeoutMs }: LiveAttempt) => {
      timeouts.push(timeoutMs);
      await bench.clock.sleep(timeoutMs);
      throw failure("unavailable");
    };
    const attempts = { ...LIMITS, requestMs: 10_000 };
    await ask(bench.seal(["a"]), asking(bench, respond, { attempts, attemptMs: 4_000, retries: 0 }));
    expect(timeouts).toEqual([4_000, 4_000, 500]);
    expect(statesOf(bench, ["a"])).toEqual(["server_error"]);
    expect(bench.clock.elapsedMs).toBe(10_000);
  });
});

describe("failures that stay", () => {
  test.each([
    ["rejected", 400, "invalid_value", "rejected"],
    ["rejected", 400, "context_length_exceeded", "too_long"],
    ["rejected", 400, "content_filter", "content_filter"],
  ] as const)("%s, %d %s: %s, at the first try", async (kind, status, providerCode, code) => {
    const bench = new StageBench();
    const { asked, respond } = failsAtFirst({ a: 9 }, () => failure(kind, { status, providerCode }));
    await ask(bench.seal(["a", "b"]), asking(bench, respond));
    expect(statesOf(bench, ["a", "b"])).toEqual([code, "answered"]);
    expect(asked).toEqual(["a", "b"]);
  });

  test.each([
    ["key_refused", 401, undefined, 77],
    ["quota", 429, undefined, 75],
    ["not_found", 404, "model_not_found", 78],
  ] as const)("%s, %d %s ends the run, and fails no request", async (kind, status, providerCode, exitStatus) => {
    const bench = new StageBench();
    const texts = Array.from({ length: 50 }, (_, index) => `${index}`);
    const { asked, respond } = failsAtFirst({ 7: 1 }, () =>
      failure(kind, { status, ...(providerCode === undefined ? {} : { providerCode }) }),
    );
    expect(await errorOf(ask(bench.seal(texts), asking(bench, respond)))).toMatchObject({ exitStatus });
    expect(new Set(statesOf(bench, texts))).toEqual(new Set(["answered", "pending"]));
    expect(asked.length).toBeLessThan(20);
  });

  test("what alone is never answered, though others were, fails after ten minutes", async () => {
    const bench = new StageBench();
    const { respond } = failsAtFirst({ a: 1_000 }, () => failure("unavailable"));
    await ask(bench.seal(["a", "b"]), asking(bench, respond, { retries: 9 }));
    expect(statesOf(bench, ["a", "b"])).toEqual(["server_error", "answered"]);
    expect(bench.clock.elapsedMs).toBeGreaterThan(10 * MINUTE_MS);
    expect(bench.clock.elapsedMs).toBeLessThan(11 * MINUTE_MS);
  });

  test("a bug of a strategy ends the run with it", async () => {
    const bench = new StageBench();
    const { respond } = failsAtFirst({ a: 1 }, () => new RangeError("mine"));
    expect(await errorOf(ask(bench.seal(["a"]), asking(bench, respond)))).toBeInstanceOf(RangeError);
  });

  test("what ends the run does not wait for calls that never end, or for their retries", async () => {
    const bench = new StageBench();
    const respond = async (attempt: LiveAttempt) => {
      const question = questionOf(attempt);
      if (question === "hangs") await bench.clock.sleep(300_000, attempt.signal);
      if (question === "fails") throw failure("rate_limited");
      await turn();
      throw failure("key_refused", { status: 401 });
    };
    const error = await errorOf(ask(bench.seal(["hangs", "fails", "refused"]), asking(bench, respond)));
    expect(error).toMatchObject({ kind: "key_refused" });
    expect(bench.clock.elapsedMs).toBeLessThan(MINUTE_MS);
  });
});

describe("when it is stopped", () => {
  test("calls under way have some seconds; what is answered by then is kept", async () => {
    const clock = new VirtualClock("manual");
    const bench = new StageBench({ clock });
    const respond = async (attempt: LiveAttempt) => {
      await bench.clock.sleep(questionOf(attempt) === "slow" ? 100_000 : 2_000, attempt.signal);
      return reply("late");
    };
    const options = asking(bench, respond, { concurrency: 2 });
    const asked = errorOf(ask(bench.seal(["quick", "slow", "waits"]), options));
    let isOver = false;
    void asked.then(() => (isOver = true));
    await eventually(() => bench.counters.liveCalls === 2);
    bench.stop.abort(new Error("enough"));
    await clock.advance(2_000);
    await eventually(() => statesOf(bench, ["quick"])[0] === "answered");
    expect(isOver).toBe(false);
    await clock.advance(1_000);
    expect((await asked).message).toBe("enough");
    expect(statesOf(bench, ["quick", "slow", "waits"])).toEqual(["answered", "pending", "pending"]);
    expect(bench.counters.liveCalls).toBe(2);
  });

  test("without a drain they are dropped at once", async () => {
    const clock = new VirtualClock("manual");
    const bench = new StageBench({ clock });
    const respond = async ({ signal }: LiveAttempt) => {
      await bench.clock.sleep(2_000, signal);
      return reply("late");
    };
    const asked = errorOf(ask(bench.seal(["one", "two"]), asking(bench, respond, { drainMs: 0 })));
    await eventually(() => bench.counters.liveCalls === 2);
    bench.stop.abort(new Error("enough"));
    await clock.advance(0);
    expect((await asked).message).toBe("enough");
    expect(statesOf(bench, ["one", "two"])).toEqual(["pending", "pending"]);
  });

  test("nothing is asked when it was before", async () => {
    const bench = new StageBench();
    bench.stop.abort(new Error("enough"));
    const { asked, respond } = failsAtFirst({}, Error);
    expect((await errorOf(ask(bench.seal(["a"]), asking(bench, respond)))).message).toBe("enough");
    expect(asked).toEqual([]);
  });

  test("once patience is over, no more is asked, and the chunk stays where it is", async () => {
    const bench = new StageBench();
    const respond = async () => {
      await bench.clock.sleep(1_000);
      return reply("x");
    };
    const patience = new Patience(bench.clock, 2_500);
    const texts = ["a", "b", "c", "d", "e", "f"];
    const chunk = await ask(bench.seal(texts), asking(bench, respond, { patience, concurrency: 1 }));
    expect(chunk.state).toBe("asking");
    expect(statesOf(bench, texts).filter((state) => state === "answered")).toHaveLength(4);
    const rest = await ask(chunk, asking(bench, respond));
    expect(rest.state).toBe("settled");
    expect(bench.counters.liveCalls).toBe(6);
  });
});

describe("going on", () => {
  const line = (bench: StageBench, text: string) => {
    const { customId } = bench.sentFor(text);
    return JSON.stringify({
      id: null,
      custom_id: customId,
      response: { status_code: 200, body: JSON.parse(reply(`kept ${text}`).bodyText) },
      error: null,
    });
  };

  test("what is in the file is not asked again, and a torn line is", async () => {
    const bench = new StageBench();
    const texts = ["a", "b", "c"];
    const chunk = bench.seal(texts);
    mkdirSync(join(bench.ledger.directory, "results"), { recursive: true });
    const path = join(bench.ledger.directory, "results", resultFileNames(chunk).output);
    const [whole, torn] = [line(bench, "a"), line(bench, "b")];
    appendFileSync(path, `${whole}\n${whole}\n${torn.slice(0, -1)}`);
    const { asked, respond } = failsAtFirst({}, Error);
    await ask(chunk, asking(bench, respond));
    expect(asked).toEqual(["b", "c"]);
    expect(statesOf(bench, texts)).toEqual(["answered", "answered", "answered"]);
    expect(resultsOf(bench, chunk)).toHaveLength(4);
    for (const text of resultsOf(bench, chunk)) expect(() => JSON.parse(text)).not.toThrow();
    expect(bench.counters.liveCalls).toBe(2);
  });

  test("in batch mode what is in the file is filed, and the rest is free to be asked, as if it had not been", async () => {
    const bench = new StageBench();
    const chunk = bench.seal(["a", "b"]);
    mkdirSync(join(bench.ledger.directory, "results"), { recursive: true });
    appendFileSync(join(bench.ledger.directory, "results", resultFileNames(chunk).output), `${line(bench, "a")}\n`);
    const { asked, respond } = failsAtFirst({}, Error);
    const settled = await ask(chunk, asking(bench, respond, { isLive: () => false, retries: 0 }));
    expect([settled.state, asked]).toEqual(["settled", []]);
    expect(statesOf(bench, ["a", "b"])).toEqual(["answered", "pending"]);
    expect(bench.ledger.unasked(chunk.id, -1, 9)).toMatchObject([{ attempts: 0 }]);
  });

  test("no more calls are lost to a kill than may be under way: replies on their way to the disk count", async () => {
    const bench = new StageBench();
    let filed = 0;
    let most = 0;
    let answered = 0;
    const respond = async (attempt: LiveAttempt) => {
      answered++;
      most = Math.max(most, answered - filed);
      return reply(questionOf(attempt));
    };
    const options = asking(bench, respond, { concurrency: 3 });
    const { fileLines } = options;
    const texts = Array.from({ length: 60 }, (_, index) => `${index}`);
    await ask(bench.seal(texts), {
      ...options,
      fileLines: (chunk, fileId, lines) => {
        fileLines(chunk, fileId, lines);
        filed += lines.length;
      },
    });
    expect(filed).toBe(60);
    expect(most).toBeLessThanOrEqual(3);
  });
});

test("calls wait while nobody takes answers out", async () => {
  const bench = new StageBench();
  const { asked, respond } = failsAtFirst({}, Error);
  const options = asking(bench, respond, { concurrency: 50 });
  let release = (): void => {};
  const consumer = (async () => {
    for await (const _ of options.readAhead.watch(once("row"))) {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    }
  })();
  const texts = Array.from({ length: 400 }, (_, index) => `${index}`);
  const settled = ask(bench.seal(texts), options);
  await eventually(() => asked.length >= 256);
  for (let count = 0; count < 200; count++) await turn();
  expect(asked.length).toBeLessThanOrEqual(256 + 50);
  release();
  expect((await settled).state).toBe("settled");
  await consumer;
  expect(asked).toHaveLength(400);
});

async function* once<T>(item: T): AsyncGenerator<T> {
  yield item;
}
