import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

/**
 * Promise 2: what a run holds does not grow with its input. A heap too small for the input is enough for the run; a
 * program that holds all rows dies in it. Peaks of the resident set are measured by bench/memory.
 */
const ROWS = 20_000;
const HEAP_MB = 36;
const CLI = fileURLToPath(new URL("../../bin/bg-pipe.js", import.meta.url));
const state = mkdtempSync(join(tmpdir(), "bg-pipe-flat-"));
afterAll(() => rmSync(state, { recursive: true }));

/** Some 45 MB, each row different. */
function* rows(): Generator<string> {
  const essay = "A row of the input is two kilobytes of prose that says nothing at all. ".repeat(32);
  for (let row = 0; row < ROWS; row++) yield `${JSON.stringify({ id: row, response: `${row}: ${essay}` })}\n`;
}

/** Feeds the rows to a program, and counts the lines that it writes. */
async function feed(args: readonly string[]): Promise<{ status: number | null; lines: number }> {
  const child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, ...args], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  let lines = 0;
  child.stdout.on("data", (bytes: Buffer) => {
    for (const byte of bytes) if (byte === 0x0a) lines++;
  });
  // A program that dies closes its stdin.
  child.stdin.on("error", () => {});
  const closed = once(child, "close");
  for (const row of rows()) {
    if (child.stdin.destroyed) break;
    if (!child.stdin.write(row)) await Promise.race([once(child.stdin, "drain"), closed]).catch(() => {});
  }
  child.stdin.end();
  const [status] = await closed;
  return { status, lines };
}

test(`${ROWS} rows of 45 MB pass through a heap of ${HEAP_MB} MB, the emulator in the same process`, async () => {
  const flags = ["--provider", "emulator", "--chunk-rows", "4000", "--state-dir", state, "--quiet"];
  expect(await feed([CLI, "grade", ...flags])).toEqual({ status: 0, lines: ROWS });
}, 120_000);

test("control: a program that holds the rows dies in that heap", async () => {
  const holdAll = `
    let text = ""; const held = [];
    for await (const piece of process.stdin.setEncoding("utf8")) {
      const lines = (text + piece).split("\\n");
      text = lines.pop();
      for (const line of lines) held.push(JSON.parse(line));
    }
    process.stdout.write(held.map((row) => row.id + "\\n").join(""));`;
  const { lines } = await feed(["--input-type=module", "--eval", holdAll]);
  expect(lines).toBe(0);
}, 120_000);
