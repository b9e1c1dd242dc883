import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { OutputError } from "../../src/core/errors.ts";
import { ByteTape } from "../../src/io/byte-tape.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

async function* blocks(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function textOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  let text = "";
  for await (const bytes of source) text += Buffer.from(bytes).toString("latin1");
  return text;
}

test("gives what has passed, in pieces as they are asked for, whatever has to wait on disk", async () => {
  const directory = await temporaryDirectory();
  const block = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 12 });
  const asks = fc.array(fc.tuple(fc.nat({ max: 15 }), fc.boolean()), { maxLength: 20 });
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(block), asks, fc.nat({ max: 30 }), async (texts, steps, maxBytes) => {
      const tape = new ByteTape({ spillPath: join(directory, String(++runs)), maxBytes });
      const source = tape.record(blocks(...texts));
      const whole = texts.join("");
      let passed = 0;
      let at = 0;
      for (const [length, isSkipped] of steps) {
        const next = await source.next();
        if (!next.done) passed += next.value.length;
        const end = Math.min(at + length, passed);
        if (isSkipped) await tape.skip(end);
        else expect(await textOf(tape.take(end))).toBe(whole.slice(at, end));
        at = end;
      }
      while (!(await source.next()).done);
      expect(await textOf(tape.take(Number.POSITIVE_INFINITY))).toBe(whole.slice(at));
      await tape.close();
    }),
  );
});

test("holds no more than it may, and gives the disk back what was read", async () => {
  const spillPath = join(await temporaryDirectory(), "spill");
  const tape = new ByteTape({ spillPath, maxBytes: 10 });
  const source = tape.record(blocks("123456", "7890ab", "cdef", "ghi"));
  await source.next();
  expect(existsSync(spillPath)).toBe(false);
  await source.next();
  expect(statSync(spillPath).size).toBe(12);
  expect(await textOf(tape.take(12))).toBe("1234567890ab");
  expect(statSync(spillPath).size).toBe(0);
  await source.next();
  await source.next();
  expect(await textOf(tape.take(99))).toBe("cdefghi");
  await tape.close();
});

test("a spill file that cannot be made is an error of the output", async () => {
  const tape = new ByteTape({ spillPath: join(await temporaryDirectory(), "none", "spill"), maxBytes: 1 });
  await expect(textOf(tape.record(blocks("abc")))).rejects.toThrow(OutputError);
});
