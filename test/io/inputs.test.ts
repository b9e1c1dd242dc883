import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { InputMissingError, UsageError } from "../../src/core/errors.ts";
import { resolveInputs } from "../../src/io/inputs.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

async function directoryWith(...names: readonly string[]): Promise<string> {
  const directory = await temporaryDirectory();
  for (const name of names) await writeFile(join(directory, name), "");
  return directory;
}

describe("resolveInputs", () => {
  test("no input, and -, mean stdin", async () => {
    expect(await resolveInputs([])).toEqual(["-"]);
    expect(await resolveInputs(["-"])).toEqual(["-"]);
    await expect(resolveInputs(["-", "-"])).rejects.toBeInstanceOf(UsageError);
  });

  test("files stay in the order given, patterns give their files by name and no directories", async () => {
    const directory = await directoryWith("b.csv", "a.csv", "c.jsonl");
    await mkdir(join(directory, "d.csv"));
    const names = [join(directory, "c.jsonl"), join(directory, "*.csv"), "-"];
    expect(await resolveInputs(names)).toEqual([
      join(directory, "c.jsonl"),
      join(directory, "a.csv"),
      join(directory, "b.csv"),
      "-",
    ]);
  });

  test("a file whose name looks like a pattern is that file", async () => {
    const directory = await directoryWith("rows[1].csv", "rows1.csv");
    expect(await resolveInputs([join(directory, "rows[1].csv")])).toEqual([join(directory, "rows[1].csv")]);
  });

  test("what is not there, matches nothing or is a directory is an error that names it", async () => {
    const directory = await directoryWith();
    await symlink(join(directory, "gone"), join(directory, "dangling"));
    for (const [name, message] of [
      ["missing.csv", "no such input: "],
      ["*.csv", "no file matches "],
      ["dang*", "no such input: "],
      [".", " is a directory"],
    ] as const) {
      const error = await resolveInputs([join(directory, name)]).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(InputMissingError);
      expect(error).toMatchObject({ exitStatus: 66, message: expect.stringContaining(message) });
    }
  });
});
