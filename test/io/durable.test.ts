import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeFileDurably } from "../../src/io/durable.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

test("writes and replaces a whole file, and leaves nothing else", async () => {
  const directory = await temporaryDirectory();
  const path = join(directory, "state.json");
  await writeFileDurably(path, "a longer first text");
  await writeFileDurably(path, Buffer.from("second"));
  expect(await readFile(path, "utf8")).toBe("second");
  expect(await readdir(directory)).toEqual(["state.json"]);
});

test("many writers at once leave one of their texts, never a mixture", async () => {
  const directory = await temporaryDirectory();
  const path = join(directory, "state.json");
  const texts = Array.from({ length: 8 }, (_, index) => String(index).repeat(100_000));
  await Promise.all(texts.map((text) => writeFileDurably(path, text)));
  expect(texts).toContain(await readFile(path, "utf8"));
  expect(await readdir(directory)).toEqual(["state.json"]);
});

test("what cannot be written is an error that names the path, and leaves no temporary file", async () => {
  const directory = await temporaryDirectory();
  await mkdir(join(directory, "taken"));
  await expect(writeFileDurably(join(directory, "taken"), "x")).rejects.toMatchObject({ exitStatus: 73 });
  await expect(writeFileDurably(join(directory, "no", "where"), "x")).rejects.toThrow(join(directory, "no", "where"));
  expect(await readdir(directory)).toEqual(["taken"]);
});
