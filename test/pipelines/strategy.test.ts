import { expect, test } from "vitest";
import { InternalError } from "../../src/core/errors.ts";
import { type Strategy, StrategyRun } from "../../src/pipelines/strategy.ts";
import type { LiveAttempt } from "../../src/stages/ask.ts";

function attempt(changes: Partial<LiveAttempt> = {}): LiveAttempt {
  const { signal } = new AbortController();
  const request = { endpoint: "/v1/chat/completions", bodyText: '{"model":"m-1"}', customId: "c", number: 1 };
  return { ...request, timeoutMs: 1_000, signal, ...changes };
}

/** A strategy that notes what is called. */
function noting(changes: Partial<Strategy> = {}) {
  const calls: string[] = [];
  const strategy: Strategy = {
    prepare: async () => {
      calls.push("prepare");
      await new Promise((resolve) => setImmediate(resolve));
      calls.push("prepared");
    },
    execute: async ({ number }) => {
      calls.push(`execute ${number}`);
      return "yes";
    },
    cleanup: async () => void calls.push("cleanup"),
    ...changes,
  };
  return { calls, run: new StrategyRun(strategy) };
}

test("prepares once, however many ask at once, and before any of them; cleans up once", async () => {
  const { calls, run } = noting();
  await Promise.all([1, 2, 3].map((number) => run.respond(attempt({ number }))));
  await run.close();
  expect(calls).toEqual(["prepare", "prepared", "execute 1", "execute 2", "execute 3", "cleanup"]);
});

test("when preparing fails, every attempt does, nothing is executed, and it cleans up", async () => {
  let prepared = 0;
  const prepare = async () => {
    prepared++;
    throw new Error("no database");
  };
  const { calls, run } = noting({ prepare });
  const ends = await Promise.allSettled([run.respond(attempt()), run.respond(attempt())]);
  expect(ends.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await expect(run.respond(attempt())).rejects.toThrow("no database");
  await run.close();
  expect([prepared, calls]).toEqual([1, ["cleanup"]]);
});

test("a preparation that throws at once fails as one that is rejected does", async () => {
  let prepared = 0;
  const prepare = () => {
    prepared++;
    throw new Error("at once");
  };
  const { calls, run } = noting({ prepare });
  await expect(run.respond(attempt())).rejects.toThrow("at once");
  await expect(run.respond(attempt())).rejects.toThrow("at once");
  await run.close();
  expect([prepared, calls]).toEqual([1, ["cleanup"]]);
});

test("cleans up when an attempt has failed, also while it is preparing", async () => {
  const { calls, run } = noting({ execute: () => Promise.reject(new Error("no")) });
  const asked = run.respond(attempt()).catch(() => {});
  await run.close();
  await asked;
  expect(calls).toEqual(["prepare", "prepared", "cleanup"]);
});

test("nothing asked: nothing prepared, nothing to clean up", async () => {
  const { calls, run } = noting();
  await run.close();
  expect(calls).toEqual([]);
});

test.each([
  ["plain text", "流", undefined],
  ["a text and its usage", { text: "流", usage: { input: 3, output: 1 } }, { prompt_tokens: 3, completion_tokens: 1 }],
] as const)("%s becomes a reply", async (_, answer, usage) => {
  const { run } = noting({ execute: async () => answer });
  const { bodyText, header } = await run.respond(attempt());
  const body = JSON.parse(bodyText);
  expect(body).toMatchObject({ model: "m-1", choices: [{ message: { content: "流" }, finish_reason: "stop" }] });
  expect([body.usage, header("retry-after")]).toEqual([usage, null]);
});

test("a whole reply is taken as it is, for any endpoint", async () => {
  const reply = { bodyText: '{"a": 1}', header: () => "h" };
  const { run } = noting({ execute: async () => reply });
  expect(await run.respond(attempt({ endpoint: "/v1/embeddings" }))).toBe(reply);
});

test("a text for another endpoint than chat completions is a mistake that says so", async () => {
  const { run } = noting();
  await expect(run.respond(attempt({ endpoint: "/v1/embeddings" }))).rejects.toThrow(InternalError);
});
