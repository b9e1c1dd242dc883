import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { formats } from "../../src/formats/index.ts";
import { formatContract } from "./format-contract.ts";

const registered = await Promise.all(Object.values(formats).map((load) => load()));
for (const format of registered) formatContract(format);

test("every format is registered under its own name, and none shares an extension", () => {
  expect(registered.map((format) => format.name)).toEqual(Object.keys(formats));
  const extensions = registered.flatMap((format) => format.extensions);
  expect(new Set(extensions).size).toBe(extensions.length);
});

test("every registered format is a file of its own", () => {
  const files = readdirSync(new URL("../../src/formats/", import.meta.url));
  for (const name of Object.keys(formats)) expect(files).toContain(`${name}.ts`);
});
