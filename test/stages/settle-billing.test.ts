import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { customIdOf } from "../../src/core/keys.ts";
import type { Usage } from "../../src/core/records.ts";
import { resultFileNames } from "../../src/ledger/result-files.ts";
import { settle } from "../../src/stages/settle.ts";
import { answerTo, errorTo, responseTo, untriedLine } from "./result-lines.ts";
import { keyFor, StageBench } from "./support.ts";

/** The line of a request that asks about a text. */
function asked(text: string) {
  return { customId: customIdOf(keyFor(text)), url: "/v1/e", body: { model: "m", messages: [{ content: text }] } };
}

/** Settles a chunk that asked about these texts with these lines. */
async function bill(texts: readonly string[], lines: readonly string[], costOf: (usage: Usage) => bigint | undefined) {
  const bench = new StageBench();
  const chunk = bench.chunkIn(texts, "uploading", "uploaded", "creating", "submitted", "ended");
  const fetched = bench.ledger.advance(chunk.id, "fetched", { outputFileId: "file-1" });
  mkdirSync(join(bench.ledger.directory, "results"), { recursive: true });
  const path = join(bench.ledger.directory, "results", resultFileNames(fetched).output);
  writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
  const { ledger, counters, log, endpoint, check, retries } = bench;
  await settle(fetched, { ledger, counters, log, endpoint, check, retries, costOf });
  return { bench, spent: bench.ledger.spentOn(chunk.id) };
}

const costOf = ({ input, output }: Usage) => BigInt(input + 10 * output);

test("each reply of status 200 is booked, whatever it says; what was no reply is not", async () => {
  const lines = [
    answerTo(asked("answer")),
    answerTo(asked("refusal"), { refusal: "no" }),
    answerTo(asked("cut"), { finishReason: "length" }),
    errorTo(asked("error"), 429),
    untriedLine(asked("untried"), "batch_expired"),
    "not a line",
  ];
  const { bench, spent } = await bill(["answer", "refusal", "cut", "error", "untried", "lost"], lines, costOf);
  const usage = { input: 30, cached: 12, output: 15, reasoning: 6 };
  expect(spent).toMatchObject({ requests: 3, unpriced: 0, usage, cost: 180n });
  expect(bench.counters).toMatchObject({
    costBilled: 180n,
    costOfAnswers: 60n,
    repliesUnpriced: 0,
    tokensBilled: usage,
  });
});

test("a line that is there twice is booked once", async () => {
  const twice = [answerTo(asked("a")), answerTo(asked("a"), { content: "another" }), errorTo(asked("a"), 500)];
  const { bench, spent } = await bill(["a"], twice, costOf);
  expect([spent.requests, spent.cost, bench.counters.costBilled]).toEqual([1, 60n, 60n]);
});

test("a reply that does not say what it took is one of unknown price, and not free", async () => {
  const body = { choices: [{ index: 0, message: { role: "assistant", content: "yes" }, finish_reason: "stop" }] };
  const lines = [responseTo(asked("a"), 200, body), answerTo(asked("b"))];
  const { bench, spent } = await bill(["a", "b"], lines, costOf);
  expect(spent).toMatchObject({ requests: 2, unpriced: 1, cost: 60n });
  expect(bench.counters).toMatchObject({ repliesUnpriced: 1, costBilled: 60n });
});

test("nor is one whose price is not known", async () => {
  const { spent } = await bill(["a"], [answerTo(asked("a"))], () => undefined);
  expect(spent).toMatchObject({ requests: 1, unpriced: 1, cost: 0n, usage: { input: 10, output: 5 } });
});
