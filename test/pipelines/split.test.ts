import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { PassThrough, Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { csv } from "../../src/formats/csv.ts";
import { json } from "../../src/formats/json.ts";
import { awkwardString, decodeAll, jsonObject, outline } from "../formats/support.ts";
import { partsOf, SplitWorld } from "./splitting.ts";

const limits = fc.record(
  {
    chunkRows: fc.integer({ min: 1, max: 4 }),
    chunkBytes: fc.integer({ min: 1, max: 80 }),
    chunkCount: fc.integer({ min: 1, max: 4 }),
  },
  { requiredKeys: [] },
);
const someLimits = limits.filter((given) => Object.keys(given).length > 0);
const ROWS = Array.from({ length: 10 }, (_, id) => `{"id":${id},"response":"text ${id}"}\n`);

describe("JSON Lines", () => {
  const line = fc.oneof(
    jsonObject.map((object) => JSON.stringify(object)),
    fc.constantFrom("", "  ", "{broken", "null", '{"a":1.0}\r'),
  );

  test("parts put together are the input, byte for byte, and each keeps the limits", async () => {
    const lines = fc.array(line, { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        lines,
        fc.boolean(),
        fc.constantFrom("", "\uFEFF"),
        someLimits,
        async (texts, isEnded, mark, given) => {
          const world = new SplitWorld();
          const body = texts.join("\n") + (isEnded && texts.length > 0 ? "\n" : "");
          const report = await world.split({ ...given, inputs: [world.write("rows.jsonl", mark + body)] });
          const parts = partsOf(report);
          if (report.total.rows > 0) expect(parts.join("")).toBe(body.replace(/[^\n]$/, "$&\n"));
          for (const [index, part] of (report.files[0]?.parts ?? []).entries()) {
            expect(part.bytes).toBe(Buffer.byteLength(parts[index] ?? ""));
            expect(part.rows).toBeLessThanOrEqual(given.chunkRows ?? Number.POSITIVE_INFINITY);
            const isLast = index === parts.length - 1;
            // Blank lines at the very end belong to no row.
            if (part.rows > 1 && !isLast)
              expect(part.bytes).toBeLessThanOrEqual(given.chunkBytes ?? Number.POSITIVE_INFINITY);
          }
          if (Object.keys(given).join() === "chunkCount") {
            expect(parts).toHaveLength(Math.min(given.chunkCount ?? 0, report.total.rows));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test("a number of parts is of equally many rows", async () => {
    const world = new SplitWorld();
    const report = await world.split({ inputs: [world.write("rows.jsonl", ROWS.join(""))], chunkCount: 4 });
    expect(report.files[0]?.parts.map(({ rows }) => rows)).toEqual([2, 3, 2, 3]);
    expect(partsOf(report).join("")).toBe(ROWS.join(""));
  });

  test("a record, or a gap, of any length passes, by way of the disk", async () => {
    const world = new SplitWorld();
    const long = `{"long":"${"x".repeat(9_000_000)}"}\n`;
    const text = `{"a":1}\n${"\n".repeat(5_000_000)}{"b":2}\n${long}{"c":3}\n`;
    const report = await world.split({
      inputs: [world.write("rows.jsonl", text)],
      chunkBytes: 1_000_000,
      maxRecordBytes: 1000,
    });
    const parts = partsOf(report);
    expect(parts.map(({ length }) => length)).toEqual([8, 5_000_008, long.length, 8]);
    expect(parts.join("") === text).toBe(true);
    expect(report.total).toMatchObject({ rows: 4, bad_rows: 1 });
    expect(world.warnings).toEqual([
      expect.stringContaining("1 bad row, kept as is in the parts; the first:"),
      expect.stringMatching(/2 rows over --chunk-bytes, each in a part of its own; the first: .*rows\.jsonl:5000002$/),
    ]);
  });

  test("an input without rows makes no part", async () => {
    const world = new SplitWorld();
    for (const [name, text] of [
      ["a.jsonl", ""],
      ["b.jsonl", "\n \n"],
      ["c.csv", "x,y\n"],
      ["d.json", "[]"],
    ] as const) {
      const report = await world.split({ inputs: [world.write(name, text)], chunkCount: 3 });
      expect(report.total).toEqual({ parts: 0, rows: 0, bad_rows: 0, bytes: 0, tokens: null });
    }
    expect(world.files()).toEqual(["a.jsonl", "b.jsonl", "c.csv", "d.json"]);
  });
});

describe("tables", () => {
  const cell = awkwardString.map((text) => `"${text.replaceAll('"', '""').replaceAll("\uFEFF", "")}"`);
  const record = fc.oneof(
    fc.tuple(cell, cell).map((cells) => cells.join()),
    fc.constantFrom("plain,x", "ragged", '"stray"y,z'),
  );

  test("every part has the header, and the records as they are", async () => {
    const ends = fc.constantFrom("\n", "\r\n");
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 9 }), ends, someLimits, async (records, end, given) => {
        const world = new SplitWorld();
        const header = `"a ""1""",b${end}`;
        const text = header + records.map((one) => one + end).join("");
        const report = await world.split({ ...given, inputs: [world.write("rows.csv", text)] });
        const parts = partsOf(report);
        expect(parts.every((part) => part.startsWith(header))).toBe(true);
        if (parts.length > 0) expect(header + parts.map((part) => part.slice(header.length)).join("")).toBe(text);
        const rows = await Promise.all(parts.map(async (part) => (await decodeAll(csv, part)).rows));
        const kinds = (some: readonly { readonly kind: string }[]) => some.map(({ kind }) => kind);
        expect(rows.map(({ length }) => length)).toEqual(report.files[0]?.parts.map((part) => part.rows));
        expect(kinds(rows.flat())).toEqual(kinds((await decodeAll(csv, text)).rows));
      }),
      { numRuns: 60 },
    );
  });

  test("the header's bytes count, and a mark at the start is left out", async () => {
    const world = new SplitWorld();
    const path = world.write("rows.tsv", "\uFEFFa\tb\r\n1\t2\r\n3\t4\r\n5\t6");
    const report = await world.split({ inputs: [path], chunkBytes: 15 });
    expect(partsOf(report)).toEqual(["a\tb\r\n1\t2\r\n3\t4\r\n", "a\tb\r\n5\t6\n"]);
  });
});

describe("JSON", () => {
  test("parts are arrays of the elements as they are", async () => {
    const layout = fc.constantFrom(undefined, 1, "\t");
    await fc.assert(
      fc.asyncProperty(
        fc.array(jsonObject, { maxLength: 9 }),
        layout,
        fc.boolean(),
        someLimits,
        async (objects, space, isArray, given) => {
          const world = new SplitWorld();
          const spelled = objects.map((object) => JSON.stringify(object, undefined, space));
          const text = isArray ? JSON.stringify(objects, undefined, space) : spelled.join(" ");
          const report = await world.split({ ...given, inputFormat: "json", inputs: [world.write("rows.json", text)] });
          const parts = partsOf(report);
          const values: unknown[] = parts.flatMap((part) => JSON.parse(part));
          expect(values.map((value) => JSON.stringify(value))).toEqual(
            objects.map((object) => JSON.stringify(JSON.parse(JSON.stringify(object)))),
          );
          for (const [index, part] of (report.files[0]?.parts ?? []).entries()) {
            expect(part.bytes).toBe(Buffer.byteLength(parts[index] ?? ""));
            if (part.rows > 1) expect(part.bytes).toBeLessThanOrEqual(given.chunkBytes ?? Number.POSITIVE_INFINITY);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test("spelling, and what is no object, stay", async () => {
    const world = new SplitWorld();
    const path = world.write("rows.json", '[ {"a": 1.0,\n  "10": -0} , null,{"b":[1}, [2] ]\n');
    const report = await world.split({ inputs: [path], chunkRows: 3 });
    expect(partsOf(report)).toEqual(['[\n{"a": 1.0,\n  "10": -0},\nnull,\n{"b":[1}\n]\n', "[\n[2]\n]\n"]);
    expect(report.total).toMatchObject({ rows: 4, bad_rows: 3 });
    expect(outline((await decodeAll(json, partsOf(report)[0] ?? "")).rows)[0]).toBe('{"a":1.0,"10":-0}');
  });
});

describe("inputs", () => {
  test("several are split each on its own, in its own format, a compressed one into plain parts", async () => {
    const world = new SplitWorld();
    const inputs = [
      world.write("a.v1.ndjson.gz", gzipSync(ROWS.join(""))),
      world.write("b.csv", "x\n1\n2\n"),
      world.write("c", "x\ty\n1\t2\n"),
    ];
    const report = await world.split({ inputs, chunkRows: 6, outputDir: world.path("out/parts") });
    expect(world.files("out/parts")).toEqual([
      "a.v1.part-0001.ndjson",
      "a.v1.part-0002.ndjson",
      "b.part-0001.csv",
      "c.part-0001.tsv",
    ]);
    expect(partsOf(report).join("")).toBe(ROWS.join(""));
    expect(report.total).toMatchObject({ parts: 4, rows: 13 });
    expect(report.files.map(({ format }) => format)).toEqual(["jsonl", "csv", "tsv"]);
  });

  test("stdin can be split into a number of parts, too", async () => {
    const world = new SplitWorld();
    const stdin = Readable.from(ROWS.map((row) => Buffer.from(row)));
    const report = await world.split({ chunkCount: 3, outputDir: world.path("out") }, { stdin });
    expect(world.files("out")).toEqual(["stdin.part-0001.jsonl", "stdin.part-0002.jsonl", "stdin.part-0003.jsonl"]);
    expect(partsOf(report).join("")).toBe(ROWS.join(""));
  });

  test.each([{ chunkCount: 3 }, { chunkRows: 4 }])("a named pipe is read once, with %j", async (given) => {
    const world = new SplitWorld();
    execFileSync("mkfifo", [world.path("pipe.jsonl")]);
    const source = world.write("source", ROWS.join(""));
    spawn("sh", ["-c", `cat '${source}' > '${world.path("pipe.jsonl")}'`]);
    const report = await world.split({ ...given, inputs: [world.path("pipe.jsonl")] });
    expect(partsOf(report).join("")).toBe(ROWS.join(""));
    expect(world.files()).toContain("pipe.part-0003.jsonl");
  });

  test.each([
    [["a/rows.csv", "b/rows.csv"], "out", "the parts of"],
    [["rows.csv", "rows.csv"], undefined, "would both be rows.part-….csv"],
    [["rows.csv", "rows.part-0001.csv"], undefined, "has the name of a part of"],
  ])("%j into %j are refused", async (names, outputDir, message) => {
    const world = new SplitWorld();
    const inputs = names.map((name) => world.write(name, "x\n1\n"));
    const out = outputDir === undefined ? {} : { outputDir: world.path(outputDir) };
    const end = world.split({ inputs, chunkRows: 1, overwrite: true, ...out });
    await expect(end).rejects.toMatchObject({ exitStatus: 64, message: expect.stringContaining(message) });
  });

  test("equal names in folders of their own are no clash", async () => {
    const world = new SplitWorld();
    const inputs = ["a/rows.csv", "b/rows.csv"].map((name) => world.write(name, "x\n1\n"));
    expect(await world.split({ inputs, chunkRows: 1 })).toMatchObject({ total: { parts: 2 } });
  });
});

describe("ends", () => {
  test.each([
    [{}, 64, "--chunk-rows, --chunk-bytes, --chunk-tokens and --chunk-count"],
    [{ chunkTokens: 5 }, 64, "--model"],
    [{ chunkTokens: 5, countTokens: false, model: "gpt-4.1" }, 64, ""],
    [{ chunkTokens: 5, model: "no-such-model" }, 78, ""],
  ])("%j is refused", async (given, exitStatus, hint) => {
    const world = new SplitWorld();
    const end = world.split({ ...given, inputs: [world.write("rows.jsonl", ROWS.join(""))] });
    await expect(end).rejects.toMatchObject({ exitStatus });
    await expect(end).rejects.toMatchObject(hint === "" ? {} : { hint: expect.stringContaining(hint) });
    expect(world.files()).toEqual(["rows.jsonl"]);
  });

  test("when one input cannot be read, no input has parts", async () => {
    const world = new SplitWorld();
    const inputs = [world.write("a.csv", "x\n1\n"), world.write("b.csv", "x,x\n1,2\n")];
    await expect(world.split({ inputs, chunkRows: 1 })).rejects.toMatchObject({ exitStatus: 65 });
    const broken = world.write("c.csv.gz", gzipSync("x\n1\n").subarray(0, 15));
    await expect(world.split({ inputs: [broken], chunkRows: 1 })).rejects.toMatchObject({ exitStatus: 65 });
    expect(world.files()).toEqual(["a.csv", "b.csv", "c.csv.gz"]);
  });

  test("a part that is there, of whatever number and of whichever input, ends it before anything is written", async () => {
    const world = new SplitWorld();
    const inputs = [world.write("a.csv", "x\n1\n"), world.write("b.csv", "x\n1\n")];
    world.write("b.part-0099.csv", "mine");
    const end = world.split({ inputs, chunkRows: 1 });
    await expect(end).rejects.toMatchObject({ exitStatus: 73, hint: expect.stringContaining("--overwrite") });
    expect(world.files()).toEqual(["a.csv", "b.csv", "b.part-0099.csv"]);
    await world.split({ inputs, chunkRows: 1, overwrite: true });
    expect(world.warnings).toEqual([`parts of an earlier split are still there: ${world.path("b.part-0099.csv")}`]);
    expect(readFileSync(world.path("b.part-0001.csv"), "utf8")).toBe("x\n1\n");
  });

  test("a signal that came before makes no difference", async () => {
    const world = new SplitWorld();
    const end = world.split(
      { chunkRows: 1 },
      { stdin: new PassThrough(), signal: AbortSignal.abort(new Error("stopped")) },
    );
    await expect(end).rejects.toThrow("stopped");
  });

  test.each([{ chunkRows: 1 }, { chunkCount: 2 }])("a signal leaves nothing, with %j", async (given) => {
    const world = new SplitWorld();
    const stop = new AbortController();
    const stdin = new PassThrough();
    stdin.write(ROWS.join(""));
    const end = world.split({ ...given, outputDir: world.path("out") }, { stdin, signal: stop.signal });
    await vi.waitFor(() => expect(world.files("out")).toHaveLength(1), { timeout: 5000, interval: 5 });
    stop.abort(new Error("stopped"));
    await expect(end).rejects.toThrow("stopped");
    expect(stdin.destroyed).toBe(true);
    expect(world.files("out")).toEqual([]);
  });
});
