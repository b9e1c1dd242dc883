import { readdir, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { constants, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputDataError, InputMissingError } from "../../src/core/errors.ts";
import { decompress } from "../../src/io/decompress.ts";
import { openInput } from "../../src/io/input.ts";
import { chunkSizes, chunksOf } from "../formats/support.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const noStdin = new Readable({
  read() {
    this.destroy(new Error("stdin was read"));
  },
});

async function read(source: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function fileWith(content: string | Uint8Array): Promise<string> {
  const path = join(await temporaryDirectory(), "input");
  await writeFile(path, content);
  return path;
}

/** Whether this process has the file open. */
async function isOpen(path: string): Promise<boolean> {
  const links = await Promise.all(
    (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")),
  );
  return links.includes(path);
}

const zstd = (text: string) => zstdCompressSync(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
const compressors: Readonly<Record<string, (text: string) => Buffer>> = { gzip: gzipSync, zstd };

describe("openInput", () => {
  test("reads a file, and stdin for -", async () => {
    expect(await read(openInput(await fileWith("from file"), noStdin))).toBe("from file");
    expect(await read(openInput("-", Readable.from([Buffer.from("from "), Buffer.from("stdin")])))).toBe("from stdin");
  });

  test("a peek sees the decompressed start, and takes nothing away", async () => {
    for (const content of ["plain text", gzipSync("plain text"), zstd("plain text")]) {
      const input = openInput(await fileWith(content), noStdin);
      expect((await input.peek(5)).toString()).toBe("plain");
      expect((await input.peek(1000)).toString()).toBe("plain text");
      expect(await read(input)).toBe("plain text");
    }
    expect((await openInput(await fileWith(""), noStdin).peek(10)).length).toBe(0);
  });

  test("opens nothing before the first byte is asked for, and closes at the end", async () => {
    const path = await fileWith("x");
    const input = openInput(path, noStdin);
    expect(await isOpen(path)).toBe(false);
    await input.peek(1);
    expect(await read(input)).toBe("x");
    expect(await isOpen(path)).toBe(false);
  });

  test.each(["plain", "gzip", "zstd"])(
    "closes a %s file when the consumer stops early, fails, or only peeks",
    async (kind) => {
      const text = "some text that does not compress: ".concat(
        ...Array.from({ length: 60_000 }, (_, index) => `${(index * 7919) % 99991}`),
      );
      const path = await fileWith(compressors[kind]?.(text) ?? text);
      const stopped = openInput(path, noStdin);
      for await (const _chunk of stopped) {
        expect(await isOpen(path)).toBe(true);
        break;
      }
      expect(await isClosed(path)).toBe(true);
      const failing = async () => {
        for await (const _chunk of openInput(path, noStdin)) throw new Error("consumer");
      };
      await expect(failing()).rejects.toThrow("consumer");
      expect(await isClosed(path)).toBe(true);
      const peeked = openInput(path, noStdin);
      await peeked.peek(10);
      await peeked.close();
      expect(await isClosed(path)).toBe(true);
    },
  );

  test("can be closed while stdin is silent", async () => {
    const stdin = new PassThrough();
    const input = openInput("-", stdin);
    const peeking = input.peek(10).catch(() => undefined);
    stdin.write("x");
    await new Promise(setImmediate);
    await input.close();
    await peeking;
    expect(stdin.destroyed).toBe(true);
  });

  test("a file that is gone is InputMissingError, broken compressed data InputDataError, both naming it", async () => {
    const missing = read(openInput("/nowhere/rows.csv", noStdin));
    await expect(missing).rejects.toBeInstanceOf(InputMissingError);
    await expect(missing).rejects.toThrow("/nowhere/rows.csv");
    const path = await fileWith(gzipSync("text").subarray(0, -4));
    const cut = read(openInput(path, noStdin));
    await expect(cut).rejects.toBeInstanceOf(InputDataError);
    await expect(cut).rejects.toThrow(path);
  });
});

describe("decompress", () => {
  test.each(Object.entries(compressors))(
    "%s in one part or several, cut anywhere, gives the whole text",
    async (_name, compress) => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.string(), { minLength: 1, maxLength: 4 }), chunkSizes, async (texts, sizes) => {
          const bytes = Buffer.concat(texts.map(compress));
          expect(await read(decompress(chunksOf(bytes, sizes), "f"))).toBe(texts.join(""));
          expect(await read(decompress(chunksOf(bytes, [bytes.length]), "f"))).toBe(texts.join(""));
        }),
        { numRuns: 50 },
      );
    },
  );

  test("anything else passes as it is, be it shorter than the magic bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), chunkSizes, async (text, sizes) => {
        expect(await read(decompress(chunksOf(Buffer.from(text), sizes), "f"))).toBe(text);
      }),
    );
    expect(await read(decompress(chunksOf(Buffer.from([0x1f]), [1]), "f"))).toBe("\x1f");
  });

  test.each(Object.entries(compressors))(
    "%s cut off or followed by rubbish is an error, wherever",
    async (_name, compress) => {
      const whole = compress("the quick brown fox");
      const second = Buffer.concat([whole, whole]);
      for (const broken of [
        whole.subarray(0, 6),
        whole.subarray(0, -1),
        second.subarray(0, -3),
        Buffer.concat([whole, Buffer.from("rubbish!")]),
      ]) {
        for (const sizes of [[1], [whole.length], [1000]]) {
          await expect(read(decompress(chunksOf(broken, sizes), "rows.x"))).rejects.toThrow(
            expect.objectContaining({ name: "InputDataError", message: expect.stringContaining("rows.x: ") }),
          );
        }
      }
    },
  );

  test("corruption inside is an error", async () => {
    for (const compress of Object.values(compressors)) {
      const bytes = compress("abcdefghij".repeat(20) + Math.PI);
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 9) ^ 0xff, bytes.length - 9);
      await expect(read(decompress(chunksOf(bytes, [50]), "f"))).rejects.toBeInstanceOf(InputDataError);
    }
  });

  test("an error of the source comes through as it is", async () => {
    async function* failing() {
      yield gzipSync("text").subarray(0, 12);
      throw new Error("disk on fire");
    }
    await expect(read(decompress(failing(), "f"))).rejects.toThrow("disk on fire");
  });

  test("lets go of its source when the consumer stops", async () => {
    for (const block of [Buffer.from("plain"), gzipSync("x".repeat(1 << 20)), zstd("x".repeat(1 << 20))]) {
      let isClosed = false;
      async function* source() {
        try {
          for (;;) yield block;
        } finally {
          isClosed = true;
        }
      }
      for await (const _chunk of decompress(source(), "f")) break;
      expect(isClosed).toBe(true);
    }
  });

  test("does not read ahead of a slow consumer", async () => {
    let chunks = 0;
    const block = gzipSync(Buffer.alloc(1 << 20));
    async function* endless() {
      for (;;) {
        chunks++;
        yield block;
      }
    }
    const reading = decompress(endless(), "f")[Symbol.asyncIterator]();
    for (let index = 0; index < 5; index++) {
      await reading.next();
      await new Promise(setImmediate);
    }
    expect(chunks).toBeLessThanOrEqual(4);
    await reading.return?.(undefined);
  });
});

/** The file is closed by the thread pool, some turns of the event loop later. */
async function isClosed(path: string): Promise<boolean> {
  for (let turn = 0; turn < 1000; turn++) {
    if (!(await isOpen(path))) return true;
    await new Promise(setImmediate);
  }
  return false;
}
