/**
 * What it costs to watch a run: `bg-pipe grade` with everything on against everything off, in CPU seconds.
 *
 *     node bench/observability/bench.ts [ROWS] [ROUNDS]
 *
 * On: the live view on a terminal (by `script`), a log file at level debug, a metrics file, and a port that is scraped
 * every 5 seconds. Off: none of it. The two take turns over the same rows, on an emulator in a process of its own; what
 * is measured is the process that grades.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const CLI = fileURLToPath(new URL("../../bin/bg-pipe.js", import.meta.url));
const REPORT = fileURLToPath(new URL("report-cpu.ts", import.meta.url));
const PORT = 19_464;
const [rows = 40_000, rounds = 6] = process.argv.slice(2).map(Number);

const folder = await mkdtemp(join(tmpdir(), "bg-pipe-observability-"));
const input = join(folder, "in.jsonl");
await writeFile(
  input,
  Array.from({ length: rows }, (_, id) => `${JSON.stringify({ id, response: essay(id) })}\n`).join(""),
);
const emulator = spawn(process.execPath, [CLI, "emulate", "--port", "0", "--directory", join(folder, "emulator")]);
try {
  const url = await listening(emulator);
  process.stdout.write("round | off, CPU s | on, CPU s | ratio\n");
  const ratios: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    // The second of a round costs some more, whichever it is.
    const isOnFirst = round % 2 === 0;
    const first = await cpuOf(isOnFirst, url, `${round}a`);
    const second = await cpuOf(!isOnFirst, url, `${round}b`);
    const [off, on] = isOnFirst ? [second, first] : [first, second];
    ratios.push(on / off);
    process.stdout.write(`${round} | ${off.toFixed(2)} | ${on.toFixed(2)} | ${(on / off).toFixed(3)}\n`);
  }
  const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
  process.stdout.write(`geometric mean of the ratios ${mean.toFixed(3)}\n`);
} finally {
  emulator.kill("SIGINT");
  if (emulator.exitCode === null) await once(emulator, "close");
  await rm(folder, { recursive: true });
}

/** Grades everything, with a ledger of its own. @returns CPU seconds, of the user's and the system's kind */
async function cpuOf(isOn: boolean, url: string, name: string): Promise<number> {
  const path = (file: string) => join(folder, `${name}-${file}`);
  const common = ["grade", input, "-o", path("out.jsonl"), "--provider", "emulator", "--base-url", url];
  const state = ["--model", "gpt-4.1-mini", "--state-dir", path("state"), "--chunk-rows", "5000"];
  const off = ["--progress", "never", "--quiet"];
  const metrics = ["--metrics-port", `${PORT}`, "--metrics-file", path("m.prom")];
  const on = ["--progress", "always", ...metrics, "--log-file", path("log"), "--log-level", "debug"];
  const words = [process.execPath, "--import", REPORT, CLI, ...common, ...state, ...(isOn ? on : off)];
  const line = `stty cols 120 rows 40; ${words.map((word) => `'${word}'`).join(" ")}`;
  const env = { ...process.env, CPU_REPORT: path("cpu"), TERM: "xterm" };
  const child = spawn("script", ["-qec", line, "/dev/null"], { env });
  const scraping = isOn ? scrape(child) : undefined;
  const said = await text(child.stdout);
  await scraping;
  const seconds = Number(await readFile(path("cpu"), "utf8").catch(() => "NaN"));
  if (Number.isNaN(seconds)) throw new Error(`the run did not end: ${said}`);
  await rm(path("out.jsonl"));
  await rm(path("state"), { recursive: true });
  return seconds;
}

async function scrape(child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    await fetch(`http://127.0.0.1:${PORT}/metrics`).then(
      (response) => response.text(),
      () => {},
    );
    for (let second = 0; second < 5 && child.exitCode === null; second++) await delay(1_000);
  }
}

async function listening({ stderr }: ChildProcess): Promise<string> {
  if (stderr === null) throw new Error("the emulator has no stderr");
  const [said] = await once(stderr, "data");
  const url = /OPENAI_BASE_URL=(\S+)/.exec(String(said))?.[1];
  if (url === undefined) throw new Error(`the emulator did not start: ${said}`);
  return url;
}

/** Some 500 characters, different in each row. */
function essay(row: number): string {
  return `${row}: ${"rivers and bridges, with care and every sum written out in full; ".repeat(8)}`;
}
