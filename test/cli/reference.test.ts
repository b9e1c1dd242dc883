import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { references } from "../../scripts/reference.ts";

test.each(Object.entries(references))(
  "%s is what the tables say (node scripts/write-reference.ts)",
  async (path, render) => {
    expect(await readFile(new URL(`../../${path}`, import.meta.url), "utf8")).toBe(await render());
  },
);
