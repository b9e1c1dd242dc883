import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { manPage } from "../../scripts/man-page.ts";
import { commands } from "../../src/cli/commands/index.ts";
import { definitionOf, optionNames } from "../../src/config/options.ts";

const page = await readFile(new URL("../../man/bg-pipe.1", import.meta.url), "utf8");

describe("man/bg-pipe.1", () => {
  test("is what the tables say (node scripts/write-reference.ts)", async () => {
    expect(page).toBe(await manPage());
  });

  test("has every command and every flag", () => {
    const plain = page.replaceAll("\\-", "-");
    for (const name of Object.keys(commands)) expect(plain).toContain(`.B bg-pipe ${name}`);
    for (const name of optionNames.filter((option) => !definitionOf(option).fileOnly)) expect(plain).toContain(name);
  });

  test("has no request that man(7) does not know, and no hyphen that is not a minus", () => {
    const requests = page.match(/^[.'][^\s]*/gm) ?? [];
    expect([...new Set(requests)].sort()).toEqual(
      ['.\\"', ".B", ".PP", ".RE", ".RS", ".SH", ".TH", ".TP", ".fi", ".nf"].sort(),
    );
    const text = page.split("\n").filter((line) => !line.startsWith(".\\") && !line.startsWith(".TH"));
    expect(text.filter((line) => /(?<!\\)-/.test(line))).toEqual([]);
  });
});
