import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { commands } from "../../../src/cli/commands/index.ts";

test("every file of the folder is registered", async () => {
  const files = await readdir(new URL("../../../src/cli/commands/", import.meta.url));
  const names = files.filter((file) => file !== "index.ts").map((file) => file.replace(/\.ts$/, ""));
  expect(Object.keys(commands).sort()).toEqual(names.sort());
});
