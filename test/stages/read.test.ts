import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { Counters } from "../../src/core/counters.ts";
import type { Row } from "../../src/core/records.ts";
import { type ReadOptions, RowSource } from "../../src/stages/read.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { eventually } from "../support/virtual-clock.ts";
import { errorOf } from "./support.ts";

function options(given: Partial<ReadOptions> = {}): ReadOptions & { readonly counters: Counters } {
  return {
    paths: ["-"],
    stdin: Readable.from([]),
    format: undefined,
    maxRecordBytes: 1_000_000,
    signal: new AbortController().signal,
    ...given,
    counters: new Counters(),
  };
}

function fileWith(name: string, text: string): string {
  const path = join(temporaryDirectory(), name);
  writeFileSync(path, text);
  return path;
}

async function rowsOf(source: RowSource): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const some of source.rows()) rows.push(...some);
  return rows;
}

describe("RowSource", () => {
  test("reads one input after the other, each in its own format, and counts", async () => {
    const paths = [fileWith("a.csv", "x,y\n1,2\n"), fileWith("b.jsonl", '{"x":3}\nbroken\n')];
    const given = options({ paths });
    const source = await RowSource.open(given);
    const rows = await rowsOf(source);
    expect(rows.map((row) => (row.kind === "row" ? row.text : "bad"))).toEqual(['{"x":"1","y":"2"}', '{"x":3}', "bad"]);
    expect(rows.map(({ position }) => position.file)).toEqual([paths[0], paths[1], paths[1]]);
    expect(source.format.name).toBe("csv");
    expect(await source.columns).toEqual(["x", "y"]);
    expect(given.counters).toMatchObject({ rowsRead: 3, bytesRead: 23 });
  });

  test.each([
    ['{"a":1}\n', "jsonl"],
    ["a,b\n1,2\n", "csv"],
    ["a\tb\n1\t2\n", "tsv"],
    ['[{"a":1}]', "json"],
  ])("sees by its first bytes what stdin is: %j", async (text, format) => {
    const source = await RowSource.open(options({ stdin: Readable.from([Buffer.from(text)]) }));
    expect(source.format.name).toBe(format);
    expect(await rowsOf(source)).toHaveLength(1);
  });

  test("a format that is given counts over name and content", async () => {
    const source = await RowSource.open(options({ paths: [fileWith("a.csv", '{"a":1}\n')], format: "jsonl" }));
    expect(await rowsOf(source)).toMatchObject([{ kind: "row", fields: { a: 1 } }]);
  });

  test("an empty input has no rows and no columns", async () => {
    const source = await RowSource.open(options({ paths: [fileWith("a.jsonl", "")] }));
    expect(await rowsOf(source)).toEqual([]);
    expect(await source.columns).toEqual([]);
  });

  test("an input that makes no sense as a whole fails rows and columns alike", async () => {
    const source = await RowSource.open(options({ paths: [fileWith("a.csv", "x,x\n1,2\n")] }));
    expect(await errorOf(rowsOf(source))).toMatchObject({ code: "bad_input" });
    expect(await errorOf(source.columns)).toMatchObject({ code: "bad_input" });
  });

  test("an abort ends the wait for a pipe that brings nothing", async () => {
    const stop = new AbortController();
    const stdin = new PassThrough();
    stdin.write('{"a":1}\n');
    const source = await RowSource.open(options({ stdin, signal: stop.signal, format: "jsonl" }));
    const rows = source.rows();
    expect((await rows.next()).value).toHaveLength(1);
    const next = errorOf(rows.next());
    stop.abort(new Error("stop"));
    await next;
    expect(stdin.destroyed).toBe(true);
  });

  test("an input that ends after an abort is not taken for a whole one", async () => {
    const stop = new AbortController();
    const stdin = new PassThrough();
    const source = await RowSource.open(options({ stdin, signal: stop.signal, format: "jsonl" }));
    const rows = errorOf(rowsOf(source));
    stop.abort(new Error("stop"));
    stdin.end();
    expect(await rows).toBeInstanceOf(Error);
  });

  test("a consumer that stops early closes the input", async () => {
    const stdin = new PassThrough();
    stdin.write('{"a":1}\n');
    const source = await RowSource.open(options({ stdin, format: "jsonl" }));
    for await (const _ of source.rows()) break;
    if (!stdin.closed) await once(stdin, "close");
    await eventually(() => stdin.destroyed);
  });
});
