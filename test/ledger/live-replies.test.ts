import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { OutputError } from "../../src/core/errors.ts";
import type { Line } from "../../src/core/lines.ts";
import type { Chunk } from "../../src/ledger/ledger.ts";
import { type FileLines, LiveReplies } from "../../src/ledger/live-replies.ts";
import { resultFileNames } from "../../src/ledger/result-files.ts";
import { ResultReader } from "../../src/ledger/result-reader.ts";
import { LedgerBench, sqliteBackEnd } from "./harness.ts";

/** A chunk's result file, with what is filed of it. */
class Place {
  readonly bench = new LedgerBench(sqliteBackEnd);
  readonly chunk: Chunk = this.bench.chunk(this.bench.run("s"), "sealed", "a", "b", "c");
  readonly path: string;
  readonly filed: { readonly fileId: number; readonly line: Line }[] = [];
  readonly groups: number[] = [];

  constructor() {
    const results = join(this.bench.directory, "results");
    mkdirSync(results, { recursive: true });
    this.path = join(results, resultFileNames(this.chunk).output);
  }

  readonly fileLines: FileLines = (_, fileId, lines) => {
    this.groups.push(lines.length);
    for (const line of lines) this.filed.push({ fileId, line });
  };

  async open(fileLines: FileLines = this.fileLines): Promise<LiveReplies> {
    const replies = await LiveReplies.open(this.bench.ledger, this.chunk, fileLines);
    onTestFinished(() => replies.close().catch(() => {}));
    return replies;
  }

  get content(): string {
    return readFileSync(this.path, "utf8");
  }

  get texts(): readonly string[] {
    return this.filed.map(({ line }) => line.bytes.toString());
  }

  /** What the ledger would read at the places that were filed. */
  readBack(): readonly string[] {
    const reader = new ResultReader(this.bench.ledger);
    const texts = this.filed.map(({ fileId, line: { offset, length } }) => reader.read({ fileId, offset, length }));
    reader.close();
    return texts;
  }
}

test("what comes while others are written is written together; each is filed where it lies", async () => {
  const place = new Place();
  const replies = await place.open();
  const texts = Array.from({ length: 100 }, (_, index) => `流 ${index}${"x".repeat(index)}`);
  await Promise.all(texts.map((text) => replies.add(text)));
  expect(place.content).toBe(texts.map((text) => `${text}\n`).join(""));
  expect([place.texts, place.readBack()]).toEqual([texts, texts]);
  expect(place.groups).toEqual([1, 99]);
  await replies.add("later");
  expect(place.readBack().at(-1)).toBe("later");
});

test("nothing is filed before it is on disk", async () => {
  const place = new Place();
  const seen: string[] = [];
  const replies = await place.open((_, __, lines) => {
    for (const { bytes } of lines) if (place.content.includes(`${bytes}\n`)) seen.push(`${bytes}`);
  });
  await Promise.all(["a", "b", "c"].map((text) => replies.add(text)));
  expect(seen).toEqual(["a", "b", "c"]);
});

describe("what a killed process has left", () => {
  test.each([
    ["whole lines", "one\n流\n", ["one", "流"]],
    ["a line twice", "one\none\n", ["one", "one"]],
    ["a torn line after others", "one\ntwo\n{tor", ["one", "two"]],
    ["a line torn in a character", Buffer.concat([Buffer.from("one\n"), Buffer.from("流").subarray(0, 2)]), ["one"]],
    ["a torn line alone", "{tor", []],
    ["nothing", "", []],
    ["an empty line", "\none\n", ["", "one"]],
  ])("%s: the whole ones are filed, and the next one follows them", async (_, content, whole) => {
    const place = new Place();
    writeFileSync(place.path, content);
    const replies = await place.open();
    expect(place.texts).toEqual(whole);
    await replies.add("next");
    expect(place.content).toBe([...whole, "next"].map((text) => `${text}\n`).join(""));
    expect(place.readBack()).toEqual([...whole, "next"]);
  });

  test("much of it: the same", async () => {
    const place = new Place();
    const lines = Array.from({ length: 5_000 }, (_, index) => `${index} ${"x".repeat(100)}`);
    appendFileSync(place.path, `${lines.join("\n")}\n{torn`);
    const replies = await place.open();
    await replies.add("next");
    expect(place.readBack()).toEqual([...lines, "next"]);
  });

  test("the file has one id, however often it is opened", async () => {
    const place = new Place();
    await (await place.open()).add("one");
    await place.open();
    expect(new Set(place.filed.map(({ fileId }) => fileId)).size).toBe(1);
  });
});

describe("a failing disk", () => {
  /** The prototype of all file handles. */
  async function handles(path: string): Promise<FileHandle> {
    const handle = await open(path, "a");
    await handle.close();
    return Object.getPrototypeOf(handle);
  }

  test("has taken half a line: who added it hears of it, and the next one lies where it is filed", async () => {
    const place = new Place();
    const replies = await place.open();
    await replies.add("first");
    const append = vi.spyOn(await handles(place.path), "appendFile").mockImplementationOnce(async () => {
      appendFileSync(place.path, "seco");
      throw Object.assign(new Error("ENOSPC: no space left"), { code: "ENOSPC" });
    });
    onTestFinished(() => append.mockRestore());
    const failed = await Promise.allSettled([replies.add("second")]);
    expect(failed).toMatchObject([{ status: "rejected", reason: { exitStatus: 74 } }]);
    await replies.add("third");
    expect(place.content).toBe("first\nthird\n");
    expect(place.readBack()).toEqual(["first", "third"]);
  });

  test("does not sync: the line does not count", async () => {
    const place = new Place();
    const replies = await place.open();
    const sync = vi.spyOn(await handles(place.path), "datasync").mockRejectedValueOnce(new Error("EIO: i/o error"));
    onTestFinished(() => sync.mockRestore());
    await expect(replies.add("first")).rejects.toThrow(OutputError);
    await replies.add("second");
    expect([place.content, place.readBack()]).toEqual(["second\n", ["second"]]);
  });

  test("a ledger that cannot file: the line stays, for the next process", async () => {
    const place = new Place();
    const replies = await place.open(() => {
      throw new Error("the ledger is full");
    });
    await expect(replies.add("first")).rejects.toThrow("the ledger is full");
    await replies.close();
    await place.open();
    expect(place.texts).toEqual(["first"]);
  });

  test("a folder where the file should be is named", async () => {
    const place = new Place();
    mkdirSync(place.path);
    await expect(place.open()).rejects.toThrow(place.path);
  });
});
