/**
 * Peak memory of `bg-pipe grade` against the size of its input.
 *
 *     node bench/memory/bench.ts 100 1000
 *
 * For each size in MB: makes an input of short essays, grades it on an emulator in a process of its own, and prints
 * the peak resident set of both processes as the kernel accounts it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const CLI = fileURLToPath(new URL("../../bin/bg-pipe.js", import.meta.url));
const REPORT = fileURLToPath(new URL("report-peak.ts", import.meta.url));
const WORDS =
  "the model answers a question about rivers and bridges with care while every sum is written out in full".split(" ");

const sizes = process.argv.slice(2).map(Number);
const folder = await mkdtemp(join(tmpdir(), "bg-pipe-memory-"));
try {
  process.stdout.write("input MB | rows | seconds | peak RSS grade, MB | peak RSS emulator, MB\n");
  for (const megabytes of sizes.length > 0 ? sizes : [100]) process.stdout.write(`${await measure(megabytes)}\n`);
} finally {
  await rm(folder, { recursive: true });
}

async function measure(megabytes: number): Promise<string> {
  const input = join(folder, `input-${megabytes}.jsonl`);
  const rows = await writeInput(input, megabytes * 1e6);
  const emulator = start(["emulate", "--port", "0", "--directory", join(folder, `emulator-${megabytes}`)]);
  const url = await listening(emulator);
  const began = performance.now();
  const output = join(folder, `output-${megabytes}.jsonl`);
  const state = join(folder, `state-${megabytes}`);
  const flags = ["--provider", "emulator", "--base-url", url, "--state-dir", state, "--log-level", "warn"];
  const grade = await peakOf(start(["grade", input, ...flags, "-o", output]));
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const emulatorPeak = peakOf(emulator);
  emulator.kill("SIGINT");
  const cells = [(await stat(input)).size / 1e6, rows, seconds, grade, await emulatorPeak];
  await rm(output);
  return cells.map((cell) => (typeof cell === "number" ? Math.round(cell) : cell)).join(" | ");
}

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ["--import", REPORT, CLI, ...args], { stdio: ["ignore", "ignore", "pipe"] });
}

/** Waits for the line that says where the emulator listens. */
async function listening(emulator: ChildProcess): Promise<string> {
  if (emulator.stderr === null) throw new Error("the emulator has no stderr");
  const [text] = await once(emulator.stderr, "data");
  const url = /OPENAI_BASE_URL=(\S+)/.exec(String(text))?.[1];
  if (url === undefined) throw new Error(`the emulator did not start: ${text}`);
  return url;
}

/** The peak resident set that a process reports as it ends, in MB. */
async function peakOf(child: ChildProcess): Promise<number> {
  let said = "";
  child.stderr?.on("data", (text) => (said += text));
  await once(child, "close");
  const kilobytes = /peak (\d+)/.exec(said)?.[1];
  if (kilobytes === undefined) throw new Error(`no peak was reported: ${said}`);
  return Number(kilobytes) / 1024;
}

async function writeInput(path: string, bytes: number): Promise<number> {
  const out = createWriteStream(path);
  let rows = 0;
  for (let written = 0; written < bytes; rows++) {
    const line = `${JSON.stringify({ id: rows, question: "What is written here?", response: essay(rows) })}\n`;
    written += line.length;
    if (!out.write(line)) await once(out, "drain");
  }
  out.end();
  await once(out, "finish");
  return rows;
}

/** Some 900 characters, different in each row. */
function essay(row: number): string {
  const words = Array.from({ length: 160 }, (_, index) => WORDS[(row * 7 + index * index) % WORDS.length] ?? "");
  return `${row}: ${words.join(" ")}`;
}
