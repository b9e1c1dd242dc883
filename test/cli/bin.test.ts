import { copyFile, mkdir, mkdtemp, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BIN, ended, start } from "./test-process.ts";

test("its exit status is what main returns", async () => {
  expect(await ended(start(BIN, ["nothing-of-the-kind"]))).toMatchObject({ status: 64, stdout: "" });
  expect(await ended(start(BIN, ["--version"]))).toMatchObject({ status: 0, stderr: "" });
});

test("under an old Node it says what is needed, in one line", async () => {
  const old = 'data:text/javascript,Object.defineProperty(process,"versions",{value:{node:"20.19.0"}})';
  const run = await ended(start(BIN, ["--version"], { node: ["--import", old] }));
  expect(run).toMatchObject({ status: 78, stdout: "" });
  expect(run.stderr).toMatch(/^bg-pipe: needs Node 24 or newer, .* npx .*\n$/);
});

test("without sources beside it, as in the package, it runs what was built", async () => {
  const root = await mkdtemp(join(tmpdir(), "bg-pipe-bin-"));
  await mkdir(join(root, "bin"));
  await mkdir(join(root, "dist", "cli"), { recursive: true });
  await writeFile(join(root, "package.json"), '{"type":"module"}');
  await writeFile(join(root, "dist", "cli", "main.js"), "export const main = async (argv) => argv.length;");
  await copyFile(BIN, join(root, "bin", "bg-pipe.js"));
  await symlink(join(root, "bin", "bg-pipe.js"), join(root, "link"));
  expect((await ended(start(join(root, "link"), ["a", "b", "c"]))).status).toBe(3);
});

test("a reader that goes away ends it quietly", async () => {
  const child = start(BIN, ["grade", "--help"]);
  child.stdout?.destroy();
  expect(await ended({ ...child, stdout: null, once: child.once.bind(child) } as typeof child)).toMatchObject({
    status: 141,
    stderr: "",
  });
});
