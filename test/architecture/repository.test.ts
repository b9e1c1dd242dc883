import { expect, test } from "vitest";
import { machineFolders, machinePaths, textFiles } from "./repository.ts";

test("no file names a folder of this machine", () => {
  const files = [...textFiles()];
  expect(files.length).toBeGreaterThan(300);
  expect(files.flatMap((file) => machinePaths(file))).toEqual([]);
});

test("control: such names are found, in whatever file", () => {
  const folders = machineFolders("/srv/clones/bg-pipe/", "/var/lib/zed");
  const found = (text: string) => machinePaths({ path: "a.md", text }, folders).length;
  const home = ["", "home", "bob", "x"].join("/");
  expect(["see /srv/clones/bg-pipe/src", "in /var/lib/zed/.npm", home].map(found)).toEqual([1, 1, 1]);
  expect(["see src/core", "~/.config", "/home/ann/e.yaml", "/data/x"].map(found)).toEqual([0, 0, 0, 0]);
});
