import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { OutputError } from "../../src/core/errors.ts";
import { PartFiles } from "../../src/io/part-files.ts";
import { existingParts, isPartName, partPath } from "../../src/io/part-name.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

async function filesOf(texts: readonly string[], directory: string): Promise<PartFiles> {
  const files = await PartFiles.create({ directory, name: "rows", extension: "csv" }, "me");
  for (const text of texts) {
    const part = await files.next();
    await part.write(Buffer.from(text));
    await part.close();
  }
  return files;
}

const visible = (directory: string) => readdirSync(directory).filter((name) => !name.startsWith("."));

test("numbers have four digits, or as many as the last one, so that names sort", () => {
  const place = { directory: "out", name: "rows", extension: "csv" };
  expect(partPath(place, 7, 12)).toBe("out/rows.part-0007.csv");
  expect(partPath(place, 7, 9999)).toBe("out/rows.part-0007.csv");
  expect(partPath(place, 7, 10_000)).toBe("out/rows.part-00007.csv");
  expect(partPath({ ...place, directory: "." }, 123_456, 123_456)).toBe("rows.part-123456.csv");
});

test("a part's name is told from others", async () => {
  const place = { directory: await temporaryDirectory(), name: "a.b", extension: "csv" };
  const parts = ["a.b.part-0001.csv", "a.b.part-123456.csv"];
  const others = [
    "a.b.part-001.csv",
    "aXb.part-0001.csv",
    "a.b.part-0001.tsv",
    "a.b.part-0001.csv.gz",
    "a.b.part-.csv",
  ];
  expect([...parts, ...others].filter((name) => isPartName(place, name))).toEqual(parts);
  for (const name of [...others, ...parts]) writeFileSync(join(place.directory, name), "");
  expect(await existingParts(place)).toEqual(parts.map((name) => join(place.directory, name)));
  expect(await existingParts({ ...place, directory: join(place.directory, "none") })).toEqual([]);
});

test("parts appear together, and the hidden folder goes", async () => {
  const directory = join(await temporaryDirectory(), "made", "too");
  const files = await filesOf(["one", "two"], directory);
  expect(visible(directory)).toEqual([]);
  expect(await files.publish({ overwrites: false })).toEqual([]);
  expect(visible(directory)).toEqual(["rows.part-0001.csv", "rows.part-0002.csv"]);
  expect(readFileSync(files.pathOf(2), "utf8")).toBe("two");
  files.close();
  expect(readdirSync(directory)).toHaveLength(2);
});

test("a file that came in the way in the meantime stays, and no part does", async () => {
  const directory = await temporaryDirectory();
  const files = await filesOf(["one", "two"], directory);
  writeFileSync(files.pathOf(2), "mine");
  const end = files.publish({ overwrites: false });
  await expect(end).rejects.toMatchObject({ exitStatus: 73, hint: expect.stringContaining("--overwrite") });
  expect(visible(directory)).toEqual(["rows.part-0002.csv"]);
  expect(readFileSync(files.pathOf(2), "utf8")).toBe("mine");
});

test("overwriting replaces, and names what is none of the new parts", async () => {
  const directory = await temporaryDirectory();
  const old = ["rows.part-0001.csv", "rows.part-0003.csv", "rows.part-00002.csv"];
  for (const name of old) writeFileSync(join(directory, name), "old");
  const files = await filesOf(["one", "two"], directory);
  const stale = await files.publish({ overwrites: true });
  expect(stale).toEqual([join(directory, "rows.part-00002.csv"), join(directory, "rows.part-0003.csv")]);
  expect([1, 2].map((number) => readFileSync(files.pathOf(number), "utf8"))).toEqual(["one", "two"]);
  await files.retract();
  expect(existsSync(files.pathOf(1))).toBe(true);
});

test("what cannot be made or written is an error of the output", async () => {
  const directory = await temporaryDirectory();
  writeFileSync(join(directory, "file"), "");
  await expect(filesOf([], join(directory, "file"))).rejects.toMatchObject({ exitStatus: 73 });
  const files = await filesOf(["one"], directory);
  mkdirSync(files.pathOf(1));
  await expect(files.publish({ overwrites: true })).rejects.toThrow(OutputError);
  rmSync(files.folder, { recursive: true });
  await expect(files.next()).rejects.toThrow(OutputError);
});
