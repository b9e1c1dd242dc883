import { expect, test } from "vitest";
import { UnfinishedError } from "../../src/core/errors.ts";
import { LedgerBench, sqliteBackEnd } from "./harness.ts";

test("a run that a living process works on cannot be held; its number and process are named", () => {
  const bench = new LedgerBench(sqliteBackEnd);
  const run = bench.run("s");
  expect(() => bench.ledger.holdRun(run.id)).toThrow(UnfinishedError);
  expect(() => bench.ledger.holdRun(run.id)).toThrow(`process ${process.pid} is at work on run ${run.id}`);
});

test("a dead run is held: nobody takes it over, and its requests are asked elsewhere meanwhile", () => {
  const bench = new LedgerBench(sqliteBackEnd);
  const run = bench.run("s", { files: ["/out.jsonl"] });
  const chunk = bench.chunk(run, "submitted", "a");
  bench.kill(run);
  expect(bench.ledger.holdRun(run.id)).toMatchObject({ id: run.id, isTakenOver: true });
  expect(() => bench.run("s", { files: ["/out.jsonl"] })).toThrow(UnfinishedError);
  expect(bench.claim(bench.run("s"), "a")).toEqual(["elsewhere"]);
  expect(bench.ledger.chunk(chunk.id)).toMatchObject({ state: "submitted", runId: run.id });
});

test("what was claimed or sealed and not sent is freed", () => {
  const bench = new LedgerBench(sqliteBackEnd);
  const run = bench.run("s");
  bench.claim(run, "claimed");
  const idle = (["sealed", "uploading", "uploaded"] as const).map((state) => bench.chunk(run, state, state));
  bench.kill(run);
  bench.ledger.holdRun(run.id);
  expect(idle.map(({ id }) => bench.ledger.chunk(id).state)).toEqual(["settled", "settled", "settled"]);
  expect(bench.claim(bench.run("t"), "claimed")).toEqual(["new"]);
});

test("a run that was finished is unfinished while it is held, and finished again when it is closed so", () => {
  const bench = new LedgerBench(sqliteBackEnd);
  const run = bench.run("s");
  bench.ledger.closeRun(run.id, { exitStatus: 1, isFinished: true });
  bench.ledger.holdRun(run.id);
  bench.kill(run);
  expect(bench.run("s")).toMatchObject({ id: run.id, isTakenOver: true });
  bench.ledger.closeRun(run.id, { exitStatus: 75, isFinished: true });
  expect(bench.run("s").isTakenOver).toBe(false);
});
