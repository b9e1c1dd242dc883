/**
 * Command lines as folders: `test/cases/<topic>/<name>/` holds
 *
 * | file | what it is |
 * |---|---|
 * | `cmd` | a line of bash, in which `bg-pipe` is the executable |
 * | `stdin` | what it reads; nothing without it |
 * | `stdout`, `stderr`, `status` | what it has to say; without `stdout` or `stderr` there has to be none |
 *
 * Any other file is there for the command, which runs in a copy of the folder. `UPDATE=1 npx vitest run
 * test/cases.test.ts` writes what the commands say now; read the difference before it is kept.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";

const CASES = fileURLToPath(new URL("cases", import.meta.url));
const BIN = fileURLToPath(new URL("../bin/bg-pipe.js", import.meta.url));

const foldersIn = (directory: string) =>
  readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();

for (const topic of foldersIn(CASES)) {
  describe(topic, () => {
    test.for(foldersIn(join(CASES, topic)))("%s", { timeout: 60_000 }, async (name) => {
      const folder = join(CASES, topic, name);
      const said = await runCase(folder);
      if (process.env["UPDATE"] !== undefined) record(folder, said);
      expect(said).toEqual({
        stdout: readOr(join(folder, "stdout"), ""),
        stderr: readOr(join(folder, "stderr"), ""),
        status: readOr(join(folder, "status"), "0\n"),
      });
    });
  });
}

type Said = Awaited<ReturnType<typeof runCase>>;

/** Runs a case's command in a copy of its folder, with a state of its own. */
async function runCase(folder: string) {
  const world = mkdtempSync(join(tmpdir(), "bg-pipe-case-"));
  onTestFinished(() => rmSync(world, { recursive: true, force: true, maxRetries: 3 }));
  const cwd = join(world, "case");
  cpSync(folder, cwd, { recursive: true });
  const shell = `bg-pipe() { '${process.execPath}' '${BIN}' "$@"; }\n${readFileSync(join(folder, "cmd"), "utf8")}`;
  const child = spawn("bash", ["-o", "pipefail", "-c", shell], {
    cwd,
    env: {
      PATH: process.env["PATH"],
      HOME: world,
      XDG_STATE_HOME: join(world, "state"),
      XDG_CONFIG_HOME: join(world, "config"),
    },
  });
  child.stdin.on("error", () => {});
  child.stdin.end(readOr(join(folder, "stdin"), ""));
  const texts = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await once(child, "close");
  const [stdout, stderr] = await texts;
  return { stdout, stderr: stderr.replaceAll(world, "$WORLD"), status: `${code}\n` };
}

function readOr(path: string, otherwise: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : otherwise;
}

function record(folder: string, said: Said): void {
  for (const [name, content] of Object.entries(said)) {
    const path = join(folder, name);
    if (content === "") rmSync(path, { force: true });
    else writeFileSync(path, content);
  }
}
