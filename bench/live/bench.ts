/**
 * Live mode beside what people write themselves, on the emulator with a limit of requests per minute.
 *
 *     node bench/live/bench.ts [rows] [requests per minute] [calls at a time]
 *
 * Each gets an emulator of its own, whose bucket holds a minute's requests at the start. Prints rows per second, how
 * many calls were refused, and how many came before the time that a refusal had named. The last line is `grade` with
 * its calls at a time left to it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Client, queueAndRetry, semaphorePool } from "./clients.ts";

const CLI = fileURLToPath(new URL("../../bin/bg-pipe.js", import.meta.url));

const [rows = 1_000, perMinute = 60_000, concurrency = 50] = process.argv.slice(2).map(Number);
const folder = await mkdtemp(join(tmpdir(), "bg-pipe-live-"));
const input = join(folder, "rows.jsonl");
try {
  await writeInput();
  print(
    `${rows} rows, ${perMinute} requests per minute, ${concurrency} calls at a time; load ${loadavg()[0]?.toFixed(1)}`,
  );
  print("| client | s | rows/s | refused | too early |\n|---|---|---|---|---|");
  await measure("bg-pipe grade --mode live", (url) => grade(url, ["--concurrency", `${concurrency}`]));
  await measure("semaphore pool", (url) => ask(semaphorePool, url));
  await measure("p-queue and p-retry", (url) => ask(queueAndRetry, url));
  await measure("bg-pipe grade, adaptive", (url) => grade(url, []));
} finally {
  await rm(folder, { recursive: true });
}

async function measure(name: string, work: (url: string) => Promise<void>): Promise<void> {
  const directory = join(folder, name.replaceAll(/\W+/g, "-"));
  const emulator = start(["emulate", "--port", "0", "--directory", directory, "--live-rpm", `${perMinute}`]);
  const url = await listening(emulator);
  const began = performance.now();
  await work(url);
  const seconds = (performance.now() - began) / 1000;
  const { refused, early }: { refused: number; early: number } = JSON.parse(
    await (await fetch(new URL("/emulator/live", url))).text(),
  );
  print(`| ${name} | ${seconds.toFixed(1)} | ${Math.round(rows / seconds)} | ${refused} | ${early} |`);
  emulator.kill("SIGINT");
  await once(emulator, "close");
}

async function grade(url: string, flags: readonly string[]): Promise<void> {
  const state = await mkdtemp(join(folder, "state-"));
  const fixed = ["--provider", "emulator", "--base-url", url, "--mode", "live", "--state-dir", state, "--quiet"];
  const [code] = await once(start(["grade", input, ...fixed, ...flags, "-o", join(state, "out.jsonl")]), "close");
  if (code !== 0) throw new Error(`grade ended with ${code}`);
}

function ask(client: Client, url: string): Promise<void> {
  return client(bodies(), url, concurrency);
}

function* bodies(): Generator<string> {
  for (let index = 0; index < rows; index++) {
    yield JSON.stringify({ model: "gpt-4.1-mini", messages: [{ role: "user", content: textOf(index) }] });
  }
}

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [CLI, ...args], { stdio: ["ignore", "ignore", "pipe"] });
}

/** Waits for the line that says where the emulator listens. */
async function listening(emulator: ChildProcess): Promise<string> {
  if (emulator.stderr === null) throw new Error("the emulator has no stderr");
  const [text] = await once(emulator.stderr, "data");
  const url = /OPENAI_BASE_URL=(\S+)/.exec(String(text))?.[1];
  if (url === undefined) throw new Error(`the emulator did not start: ${text}`);
  return url;
}

async function writeInput(): Promise<void> {
  const file = createWriteStream(input);
  for (let index = 0; index < rows; index++) {
    if (!file.write(`${JSON.stringify({ id: index, response: textOf(index) })}\n`)) await once(file, "drain");
  }
  file.end();
  await once(file, "close");
}

function textOf(index: number): string {
  return `Answer number ${index}: the river is long, and the bridge across it is old.`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
