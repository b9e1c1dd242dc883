import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Tally } from "../../src/emulator/tally.ts";
import { temporaryDirectory } from "./support.ts";

test("counts by name, over instances on the same folder, and tells each its number", async () => {
  const directory = await temporaryDirectory();
  const [one, other] = [new Tally(directory), new Tally(directory)];
  const numbers = Array.from({ length: 2000 }, (_, index) => (index % 3 === 0 ? one : other).add("GET /v1/a/:id"));
  expect(numbers).toEqual(Array.from({ length: 2000 }, (_, index) => index + 1));
  expect(one.add("another")).toBe(1);
  expect(await other.totals()).toEqual({ "GET /v1/a/:id": 2000, another: 1 });
});

test("a record that was cut off costs nobody else's", async () => {
  const directory = await temporaryDirectory();
  const tally = new Tally(directory);
  tally.add("a");
  await appendFile(join(directory, "a"), "cut");
  expect([tally.add("a"), tally.add("a")]).toEqual([2, 3]);
  expect(await tally.totals()).toEqual({ a: 3 });
});
