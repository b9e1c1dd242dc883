import { existsSync, linkSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CONFIRMED_OWNER_FILE, OWNER_FILE, WORK_FOLDER_PREFIX } from "../../src/io/part-files.ts";
import { ownIdentity, type ProcessIdentity } from "../../src/ledger/lease.ts";
import { SplitWorld } from "./splitting.ts";

/** No process has this start time. */
const DEAD: ProcessIdentity = { ...ownIdentity(), startedAt: "1" };
const FOLDER = `${WORK_FOLDER_PREFIX}x`;

/** A hidden folder with three parts of `rows.csv`, the first two of which are in their places too. */
function abandon(world: SplitWorld, owner: ProcessIdentity | undefined, ownerFile = OWNER_FILE): void {
  const folder = world.path(FOLDER);
  mkdirSync(folder);
  for (const name of ["1", "2", "3", "spill"]) writeFileSync(join(folder, name), `x\n${name}\n`);
  for (const number of ["1", "2"]) linkSync(join(folder, number), world.path(`rows.part-000${number}.csv`));
  if (owner === undefined) return;
  writeFileSync(join(folder, ownerFile), JSON.stringify({ ...owner, name: "rows", extension: "csv" }));
}

test("what a killed process has left goes, and its parts with it", async () => {
  const world = new SplitWorld();
  abandon(world, DEAD);
  const report = await world.split({ inputs: [world.write("rows.csv", "x\n1\n")], chunkRows: 1 });
  expect(report.total.parts).toBe(1);
  expect(world.files()).toEqual(["rows.csv", "rows.part-0001.csv"]);
});

test("a part of the same name that is none of its parts stays", async () => {
  const world = new SplitWorld();
  abandon(world, DEAD);
  world.write("rows.part-0003.csv", "mine");
  const end = world.split({ inputs: [world.write("rows.csv", "x\n1\n")], chunkRows: 1 });
  await expect(end).rejects.toMatchObject({ exitStatus: 73 });
  expect(world.files()).toEqual(["rows.csv", "rows.part-0003.csv"]);
});

test("parts that were all in their places stay", async () => {
  const world = new SplitWorld();
  abandon(world, DEAD, CONFIRMED_OWNER_FILE);
  const end = world.split({ inputs: [world.write("rows.csv", "x\n1\n")], chunkRows: 1 });
  await expect(end).rejects.toMatchObject({ exitStatus: 73 });
  expect(world.files()).toEqual(["rows.csv", "rows.part-0001.csv", "rows.part-0002.csv"]);
});

test.each([
  ["a process at work", ownIdentity(), 0, true],
  ["a process that cannot be seen", { ...DEAD, host: "elsewhere" }, 0, true],
  ["a process that cannot be seen, for two days", { ...DEAD, host: "elsewhere" }, 2, false],
  ["nobody knows whom", undefined, 0, true],
  ["nobody knows whom, for two days", undefined, 2, false],
])("what belongs to %s", async (_, owner, days, stays) => {
  const world = new SplitWorld();
  abandon(world, owner);
  const then = new Date(Date.now() - days * 86_400_000);
  utimesSync(world.path(FOLDER), then, then);
  await world.split({ inputs: [world.write("other.csv", "x\n1\n")], chunkRows: 1 });
  expect(existsSync(world.path(FOLDER))).toBe(stays);
  expect(existsSync(world.path("other.part-0001.csv"))).toBe(true);
});
