import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { RotatingFile, type Rotation } from "../../src/io/rotating-file.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

function opened(rotation: Rotation, directory = temporaryDirectory()) {
  const path = join(directory, "a.log");
  const file = new RotatingFile(path, rotation);
  onTestFinished(() => file.close());
  return { directory, path, file, read: (suffix = "") => readFileSync(`${path}${suffix}`, "utf8") };
}

test("goes on where the file ends, and sets it aside before it is too large", () => {
  const { directory, file, read } = opened({ maxBytes: 10, kept: 2 });
  file.append("aaaa\n");
  const again = opened({ maxBytes: 10, kept: 2 }, directory);
  again.file.append("bbbb\n");
  expect(read()).toBe("aaaa\nbbbb\n");
  again.file.append("c\n");
  expect([read(), read(".1")]).toEqual(["c\n", "aaaa\nbbbb\n"]);
});

test("keeps so many, newest first, and none of none", () => {
  const some = opened({ maxBytes: 2, kept: 2 });
  for (const text of ["1\n", "2\n", "3\n", "4\n"]) some.file.append(text);
  expect([some.read(), some.read(".1"), some.read(".2"), existsSync(`${some.path}.3`)]).toEqual([
    "4\n",
    "3\n",
    "2\n",
    false,
  ]);
  const none = opened({ maxBytes: 2, kept: 0 });
  for (const text of ["1\n", "2\n"]) none.file.append(text);
  expect([none.read(), readdirSync(none.directory)]).toEqual(["2\n", ["a.log"]]);
});

test("whatever is written: no line is cut, lost while kept, or in another order", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 60 }), { maxLength: 40 }),
      fc.integer({ min: 1, max: 100 }),
      (lengths, maxBytes) => {
        const { file, path, read } = opened({ maxBytes, kept: 100 });
        const lines = lengths.map((length, index) => `${index}${"é".repeat(length)}\n`);
        for (const line of lines) file.append(line);
        const numbers = Array.from({ length: 100 }, (_, index) => 100 - index).filter((n) =>
          existsSync(`${path}.${n}`),
        );
        const texts = [...numbers.map((number) => read(`.${number}`)), read()];
        expect(texts.join("")).toBe(lines.join(""));
        for (const text of texts) {
          expect(Buffer.byteLength(text) <= maxBytes || text.split("\n").length === 2).toBe(true);
        }
      },
    ),
    { numRuns: 30 },
  );
});

test("a place that cannot be written is told with its path", () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "a.log"));
  expect(() => opened({ maxBytes: 9, kept: 1 }, directory)).toThrow(/a\.log/);
});
