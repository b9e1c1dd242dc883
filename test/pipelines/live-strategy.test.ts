import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { silentLogger } from "../../src/core/logger.ts";
import { grade } from "../../src/pipelines/grade.ts";
import type { LiveObserver } from "../../src/pipelines/live-events.ts";
import type { GradeSettings, RunHost } from "../../src/pipelines/settings.ts";
import type { Middleware, Strategy } from "../../src/pipelines/strategy.ts";
import { ProviderError } from "../../src/providers/provider-error.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const SETTINGS: Omit<GradeSettings, "stateDir"> = {
  ...{ inputs: [], inputFormat: "jsonl", order: "input", onError: "keep", meta: false, maxRecordBytes: 1 << 20 },
  ...{ model: "gpt-4.1-mini", system: "Say.", user: "{{ response }}", field: "response", param: {} },
  ...{ endpoint: "/v1/chat/completions", outputField: "grade", prompts: {}, models: {} },
  ...{ provider: "emulator", baseUrl: "http://127.0.0.1:9/v1", maxBatches: 1, mode: "live", liveBelow: 1 },
  ...{ concurrency: 4, attemptTimeout: 60, drain: 3, transportRetries: 4, retries: 1 },
  ...{ escalate: [], detach: false, keepRemote: false, dryRun: false, fresh: false },
};

/** Answers rows by a strategy; nobody listens where the provider would be. */
async function gradeBy(strategy: Strategy, given: Partial<RunHost> & { readonly stateDir?: string } = {}) {
  const { stateDir = temporaryDirectory(), ...more } = given;
  let output = "";
  const stdout = new Writable({
    write: (bytes, _, done) => {
      output += String(bytes);
      done();
    },
  });
  const host: RunHost = {
    ...{ stdout, log: silentLogger, clock: systemClock, signal: new AbortController().signal, strategy, ...more },
    stdin: Readable.from(["a", "b", "c", "a"].map((response) => Buffer.from(`${JSON.stringify({ response })}\n`))),
    ...{ apiKey: undefined, isEmbedded: false, prices: { updated: "2026-01-01", models: new Map() } },
    data: { prompts: "", models: readFileSync("config/models.yaml", "utf8") },
  };
  const result = await grade({ ...SETTINGS, stateDir }, host);
  return {
    ...result,
    stateDir,
    grades: output
      .split("\n")
      .slice(0, -1)
      .map((line): unknown => JSON.parse(line).grade),
  };
}

/** Says what it was asked, louder. */
function loud(calls: string[]): Strategy {
  return {
    prepare: async () => void calls.push("prepare"),
    execute: async ({ bodyText, number }) => {
      const { messages } = JSON.parse(bodyText);
      const text = String(messages.at(-1).content);
      calls.push(`${text}${number}`);
      if (text === "b" && number < 3) throw new ProviderError("unavailable", "not now");
      return { text: text.toUpperCase(), usage: { input: 2, output: 1 } };
    },
    cleanup: async () => void calls.push("cleanup"),
  };
}

test("a function of one's own answers, is asked again as it asks to be, and its answers are kept", async () => {
  const calls: string[] = [];
  const first = await gradeBy(loud(calls));
  expect([first.exitStatus, first.error]).toEqual([0, undefined]);
  expect(first.grades).toEqual(["A", "B", "C", "A"]);
  expect(calls[0]).toBe("prepare");
  expect(calls.slice(1, -1).sort()).toEqual(["a1", "b1", "b2", "b3", "c1"]);
  expect(calls.at(-1)).toBe("cleanup");
  expect(first.summary.tokens.billed).toMatchObject({ input: 6, output: 3 });
  expect(readFileSync(join(first.stateDir, "usage.jsonl"), "utf8")).toContain('"mode":"live"');

  const again: string[] = [];
  expect((await gradeBy(loud(again), { stateDir: first.stateDir })).grades).toEqual(["A", "B", "C", "A"]);
  expect(again).toEqual([]);
});

test("middleware goes around every attempt, the first outermost, and may change what comes back", async () => {
  const calls: string[] = [];
  const noting =
    (name: string): Middleware =>
    (next) =>
    async (attempt) => {
      calls.push(`${name} in`);
      const reply = await next(attempt);
      calls.push(`${name} out`);
      return { ...reply, bodyText: reply.bodyText.replace("A", `A${name}`) };
    };
  const strategy: Strategy = { execute: async () => "A" };
  const { grades } = await gradeBy(strategy, { middleware: [noting("1"), noting("2")] });
  expect(grades).toEqual(["A12", "A12", "A12", "A12"]);
  expect(calls.filter((call) => call.endsWith("in"))).toHaveLength(6);
  expect(calls.slice(0, 2)).toEqual(["1 in", "2 in"]);
});

test("an observer is told of every attempt, and of what came of it", async () => {
  const events: string[] = [];
  const observeLive: LiveObserver = (event) => {
    events.push("attempt" in event ? `${event.kind} ${event.attempt}` : event.kind);
  };
  await gradeBy(loud([]), { observeLive });
  const counted = Object.fromEntries(
    [...new Set(events)].map((event) => [event, events.filter((e) => e === event).length]),
  );
  expect(counted).toEqual({
    ...{ "attempt_started 1": 3, "attempt_started 2": 1, "attempt_started 3": 1 },
    ...{ "attempt_failed 1": 1, "attempt_failed 2": 1, "answered 1": 2, "answered 3": 1 },
  });
});

test.each([
  ["preparing", { prepare: () => Promise.reject(new Error("mine")), execute: async (): Promise<string> => "x" }],
  ["executing", { execute: (): Promise<string> => Promise.reject(new Error("mine")) }],
])("a strategy that fails at %s ends the run with its error, and cleans up", async (_, failing) => {
  let cleanups = 0;
  const cleanup = async () => void cleanups++;
  const { error, exitStatus, grades } = await gradeBy({ ...failing, cleanup });
  expect([error, exitStatus]).toMatchObject([{ message: "mine" }, 70]);
  expect([grades, cleanups]).toEqual([[], 1]);
});

test("what a strategy rejects fails the row", async () => {
  const execute = async (): Promise<string> => {
    throw new ProviderError("rejected", "no", { status: 400, providerMessage: "I will not" });
  };
  const { exitStatus, grades, summary } = await gradeBy({ execute });
  expect([exitStatus, grades]).toEqual([1, [null, null, null, null]]);
  expect(summary.rows.failed_by_code).toEqual({ rejected: 4 });
});
