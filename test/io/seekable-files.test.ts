import { readdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { expect, onTestFinished, test, vi } from "vitest";
import { InputDataError } from "../../src/core/errors.ts";
import { SeekableFiles } from "../../src/io/seekable-files.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

test("files, compressed files and stdin are read from front to back and then anywhere; copies go at the end", async () => {
  const directory = await temporaryDirectory();
  const files = new SeekableFiles(Readable.from([Buffer.from("from "), Buffer.from("stdin")]));
  const copies = await temporaryDirectory();
  vi.stubEnv("TMPDIR", copies);
  onTestFinished(() => void vi.unstubAllEnvs());
  writeFileSync(join(directory, "plain"), "plain text");
  writeFileSync(join(directory, "a.gz"), gzipSync("gzipped text"));
  writeFileSync(join(directory, "a.zst"), zstdCompressSync("zstd text"));
  writeFileSync(join(directory, "empty"), "");
  const given = ["plain", "a.gz", "a.zst", "empty"].map((name) => join(directory, name));
  const numbers: number[] = [];
  for (const name of [...given, "-"]) numbers.push(await files.add(name));
  const texts = await Promise.all(numbers.map((file) => text(files.bytes(file))));
  expect(texts).toEqual(["plain text", "gzipped text", "zstd text", "", "from stdin"]);
  expect([files.read(0, 6, 4), files.read(1, 0, 4), files.read(4, 5, 5), files.read(0, 0, 5)]).toEqual([
    "text",
    "gzip",
    "stdin",
    "plain",
  ]);
  expect(files.nameOf(4)).toBe("-");
  expect(readdirSync(copies)).toHaveLength(1);
  await files.close();
  expect(readdirSync(copies)).toEqual([]);
});

test("more files than may be open at a time", async () => {
  const directory = await temporaryDirectory();
  const files = new SeekableFiles(Readable.from([]));
  onTestFinished(() => files.close());
  for (let number = 0; number < 40; number++) {
    writeFileSync(join(directory, `${number}`), `file ${number}`);
    await files.add(join(directory, `${number}`));
  }
  for (const number of [0, 39, 7, 0, 20]) expect(files.read(number, 5, `${number}`.length)).toBe(`${number}`);
});

test("a file that has become shorter is told", async () => {
  const path = join(await temporaryDirectory(), "rows");
  writeFileSync(path, "0123456789");
  const files = new SeekableFiles(Readable.from([]));
  onTestFinished(() => files.close());
  await files.add(path);
  truncateSync(path, 4);
  expect(() => files.read(0, 2, 5)).toThrow(InputDataError);
});
