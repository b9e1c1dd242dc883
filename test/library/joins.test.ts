import { Readable } from "node:stream";
import { pipeline as nodePipeline } from "node:stream/promises";
import { chain } from "stream-chain";
import { describe, expect, test } from "vitest";
import { asStream, compose, filter, map, pipeline, readRows, writeRows } from "../../src/index.ts";
import { fileOf, Kept, Numbers } from "./collect.ts";

const double = map(({ n }: { n: number }) => ({ n: n * 2 }));
const even = filter(({ n }: { n: number }) => n % 4 === 0);
const EXPECTED = [{ n: 0 }, { n: 4 }, { n: 8 }];
const EXPECTED_TEXT = EXPECTED.map((row) => `${JSON.stringify(row)}\n`).join("");

describe("the same stages", () => {
  test("in pipeline()", async () => {
    const kept = new Kept();
    await pipeline(new Numbers(6), double, even, writeRows(kept));
    expect(kept.text).toBe(EXPECTED_TEXT);
  });

  test("composed", async () => {
    expect(await Array.fromAsync(compose(double, even)(new Numbers(6)))).toEqual(EXPECTED);
  });

  test("one on the other, with for await", async () => {
    const seen: unknown[] = [];
    for await (const row of even(double(new Numbers(6)))) seen.push(row);
    expect(seen).toEqual(EXPECTED);
  });

  test("in Node's pipeline, with a generator between", async () => {
    const kept = new Kept();
    await nodePipeline(
      new Numbers(6),
      double,
      async function* (rows: AsyncIterable<{ n: number }>) {
        yield* rows;
      },
      even,
      writeRows(kept),
    );
    expect(kept.text).toBe(EXPECTED_TEXT);
  });

  test("in stream-chain's chain, with a function between", async () => {
    const stages = chain([asStream(double), (row: { n: number }) => row, asStream(even)]);
    const seen: unknown[] = [];
    await nodePipeline(Readable.from(new Numbers(6)), stages, async (rows: AsyncIterable<unknown>) => {
      for await (const row of rows) seen.push(row);
    });
    expect(seen).toEqual(EXPECTED);
  });

  test("with an async generator in pipeline(), and an end of one's own", async () => {
    const sum = await pipeline(
      new Numbers(6),
      double,
      async function* (rows) {
        for await (const row of rows) if (row.n % 4 === 0) yield row;
      },
      async (rows) => {
        let total = 0;
        for await (const { n } of rows) total += n;
        return total;
      },
    );
    expect(sum).toBe(12);
  });
});

describe("a failure", () => {
  test("of the source is that of the pipeline, and leaves no file", async () => {
    const path = fileOf("");
    const fails = (async function* () {
      yield { n: 1 };
      throw new Error("the source broke");
    })();
    await expect(pipeline(fails, double, writeRows(`${path}.out`))).rejects.toThrow("the source broke");
    await expect(Array.fromAsync(readRows(`${path}.out`))).rejects.toThrow("no such input");
  });

  test("of Node's pipeline closes the source", async () => {
    const numbers = new Numbers(1e6);
    const breaks = async (rows: AsyncIterable<object>) => {
      for await (const _ of rows) throw new Error("the end broke");
    };
    await expect(nodePipeline(numbers, double, breaks)).rejects.toThrow("the end broke");
    expect(numbers.isClosed).toBe(true);
    expect(numbers.taken).toBeLessThan(5);
  });

  test("of a stage in a chain destroys it, and what is read ahead is bounded", async () => {
    const numbers = new Numbers(1e6);
    const stages = chain([asStream(double), asStream(even)]);
    const breaks = async (rows: AsyncIterable<object>) => {
      for await (const _ of rows) throw new Error("the end broke");
    };
    await expect(nodePipeline(Readable.from(numbers), stages, breaks)).rejects.toThrow("the end broke");
    expect(numbers.taken).toBeLessThan(400);
  });
});

test("what is no stage is refused by name, in JavaScript", async () => {
  const untyped = pipeline as unknown as (...steps: unknown[]) => Promise<unknown>;
  await expect(untyped([], 5, writeRows(new Kept()))).rejects.toThrow("5 is no stage");
  await expect(untyped([])).rejects.toThrow("no end");
});
