import { describe, expect, test } from "vitest";
import { DeferredRequests } from "../../src/ledger/deferred.ts";
import { LedgerBench, sqliteBackEnd } from "./harness.ts";

function waiting() {
  const bench = new LedgerBench(sqliteBackEnd);
  const [mine, theirs] = [bench.run("s"), bench.run("t")];
  return { bench, mine, theirs, deferred: new DeferredRequests(bench.ledger, mine) };
}

const lineFor = (key: string) => ({ key, tokens: 3, origin: "in.jsonl:4", line: `{"流":"${key}"}` });
const keysOf = (again: ReturnType<DeferredRequests["claimAgain"]>) =>
  [...again].map(({ request }) => request.key).sort();

describe("DeferredRequests", () => {
  test("keeps what is still asked elsewhere, and gives out the rest with its line", () => {
    const { bench, mine, theirs, deferred } = waiting();
    expect(deferred.isEmpty).toBe(true);
    bench.claim(theirs, "a");
    const chunk = bench.chunk(theirs, "fetched", "b");
    deferred.add(lineFor("a"));
    deferred.add(lineFor("b"));
    expect(keysOf(deferred.claimAgain())).toEqual([]);
    expect(deferred.isEmpty).toBe(false);
    bench.answer(chunk, "b");
    expect([...deferred.claimAgain()]).toEqual([{ request: lineFor("b"), claim: { kind: "settled" } }]);
    bench.ledger.closeRun(theirs.id, { exitStatus: 75, isFinished: false });
    expect([...deferred.claimAgain()]).toEqual([{ request: lineFor("a"), claim: { kind: "new" } }]);
    expect(deferred.isEmpty).toBe(true);
    expect(bench.claim(mine, "a")).toEqual(["mine"]);
    deferred.dispose();
  });

  test("a key that was deferred twice is given out once", () => {
    const { bench, theirs, deferred } = waiting();
    bench.claim(theirs, "a");
    deferred.add(lineFor("a"));
    deferred.add(lineFor("a"));
    bench.kill(theirs);
    expect(keysOf(deferred.claimAgain())).toEqual(["a"]);
    expect(deferred.isEmpty).toBe(true);
    deferred.dispose();
  });

  test("more than are claimed at a time, some free and some not", () => {
    const { bench, theirs, deferred } = waiting();
    const keys = Array.from({ length: 700 }, (_, index) => `key ${String(index).padStart(4, "0")}`);
    bench.claim(theirs, ...keys);
    for (const key of keys) deferred.add(lineFor(key));
    const done = keys.filter((_, index) => index % 3 === 0);
    const chunk = bench.moveTo(bench.seal(theirs, ...done), "fetched");
    bench.answer(chunk, ...done);
    expect(keysOf(deferred.claimAgain())).toEqual(done);
    bench.kill(theirs);
    expect(keysOf(deferred.claimAgain())).toEqual(keys.filter((_, index) => index % 3 !== 0));
    expect(deferred.isEmpty).toBe(true);
    deferred.dispose();
  });
});
