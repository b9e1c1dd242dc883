import fc from "fast-check";
import { expect, test } from "vitest";
import { parseFields } from "../../../src/core/json-text.ts";
import type { GoodRow, Row } from "../../../src/core/records.ts";
import type { RowFunction } from "../../../src/core/row-function.ts";
import { createUserStep } from "../../../src/pipelines/steps/user-stage.ts";

const position = { file: "in.jsonl", line: 7, byteOffset: 0 };

function rowOf(text: string): GoodRow {
  return { kind: "row", position, text, fields: parseFields(text) };
}

async function apply(stage: RowFunction, rows: readonly Row[], concurrency = 4, stop = new AbortController()) {
  const tally = { dropped: 0, added: 0 };
  const step = createUserStep(stage, { label: "mine", options: {}, concurrency });
  const out = await step.apply(rows, { signal: stop.signal, tally });
  return { texts: out.map((row) => (row.kind === "row" ? row.text : row.raw)), out, tally };
}

test("what is not changed keeps its spelling and its place", async () => {
  const text = '{"b":1.0,"10":1e2,"a":12345678901234567890,"__proto__":{"x":-0},"s":"\\u00e9"}';
  expect((await apply((row) => row, [rowOf(text)])).texts).toEqual([text]);
  expect((await apply((row) => ({ ...row }), [rowOf(text)])).texts).toEqual([text]);
  const changed = await apply((row) => ({ new: true, ...row, "10": 5 }), [rowOf(text)]);
  expect(changed.texts).toEqual([text.replace("1e2", "5").replace("{", '{"new":true,')]);
  const less = await apply(({ a: _, ...row }) => row, [rowOf(text)]);
  expect(less.texts).toEqual([text.replace('"a":12345678901234567890,', "")]);
});

test("any row that is handed back is the row it was", async () => {
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), async (fields) => {
      const text = JSON.stringify(fields);
      expect((await apply((row) => row, [rowOf(text)])).texts).toEqual([text]);
    }),
  );
});

test("rows keep their order, and no more are under way than was said", async () => {
  const gates: (() => void)[] = [];
  let underway = 0;
  let most = 0;
  const stage: RowFunction = async (row) => {
    most = Math.max(most, ++underway);
    await new Promise<void>((resolve) => gates.push(resolve));
    underway--;
    return row;
  };
  const rows = Array.from({ length: 6 }, (_, n) => rowOf(`{"n":${n}}`));
  const done = apply(stage, rows, 3);
  for (let released = 0; released < 6; ) {
    await new Promise(setImmediate);
    // The last that came is let go first.
    for (const release of gates.splice(0).reverse()) {
      release();
      released++;
    }
  }
  expect((await done).texts).toEqual(rows.map(({ text }) => text));
  expect(most).toBe(3);
});

test("rows are dropped and added, and counted", async () => {
  const rows = [1, 2, 3].map((n) => rowOf(`{"n":${n}}`));
  const stage: RowFunction = (row) => (row["n"] === 1 ? null : row["n"] === 2 ? [row, row, row] : []);
  expect(await apply(stage, rows)).toMatchObject({
    texts: ['{"n":2}', '{"n":2}', '{"n":2}'],
    tally: { dropped: 2, added: 2 },
  });
});

test.each<[string, RowFunction]>([
  [
    "it broke",
    () => {
      throw new Error("it broke");
    },
  ],
  ["it broke later", () => Promise.reject(new Error("it broke later"))],
  ["the function gave undefined", (() => undefined) as unknown as RowFunction],
  ["it gave null among rows", () => [null] as never],
  ["it gave number", (() => 5) as unknown as RowFunction],
])("a row fails where %s", async (reason, stage) => {
  const { out } = await apply(stage, [rowOf('{"n":1}')]);
  const [row] = out;
  const failure = { code: "stage_failed", message: expect.stringContaining("in.jsonl:7: mine: ") };
  expect(row).toMatchObject({ fields: { n: 1, error: failure }, failure });
  expect(JSON.stringify(row)).toContain(reason);
});

test("what has failed and what cannot be read passes", async () => {
  const failed = { ...rowOf('{"n":1}'), failure: { code: "refused", message: "no" } } as const;
  const bad = { kind: "bad", position, message: "not JSON", raw: "{" } as const;
  const never: RowFunction = () => {
    throw new Error("called");
  };
  expect((await apply(never, [failed, bad])).out).toEqual([failed, bad]);
});

test("a signal ends it", async () => {
  const stop = new AbortController();
  const stage: RowFunction = (_, { signal }) =>
    new Promise((_resolve, reject) =>
      signal.addEventListener("abort", () => reject(new Error("late")), { once: true }),
    );
  const done = apply(stage, [rowOf("{}")], 1, stop);
  await new Promise(setImmediate);
  stop.abort(new Error("stopped"));
  await expect(done).rejects.toThrow("stopped");
});

test("a signal ends it where the function does not heed it", async () => {
  const stop = new AbortController();
  const done = apply(() => new Promise<never>(() => {}), [rowOf("{}")], 1, stop);
  await new Promise(setImmediate);
  stop.abort(new Error("stopped"));
  await expect(done).rejects.toThrow("stopped");
});
