/**
 * How fast `bg-pipe count` is on a large file of JSON Lines, on one thread and with several, and the same loop with
 * js-tiktoken in the place of our tokenizer.
 *
 *     node bench/count/bench.ts rows.jsonl [megabytes]
 *
 * The file is made of the rows given, over and over, each with its number before the field `response`. A megabyte is
 * one of the file.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, createWriteStream, readFileSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { readPackageText } from "../../src/config/package-data.ts";
import { jsonl } from "../../src/formats/jsonl.ts";
import { RowCounter } from "../../src/pipelines/count/row-counter.ts";
import { prepareQuestion } from "../../src/pipelines/question.ts";

const CLI = fileURLToPath(new URL("../../bin/bg-pipe.js", import.meta.url));
const REPORT = fileURLToPath(new URL("report-use.ts", import.meta.url));
/** What js-tiktoken gets of the file: it would take half an hour for a gigabyte. */
const SLICE_BYTES = 20e6;
const PROMPTS = {
  "two short messages": { system: "Grade from 1 to 5.", user: "{{ text }}" },
  "the built-in prompt": {},
} as const;

const [rows = "rows.jsonl", megabytes = "1000"] = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), "bg-pipe-count-"));
const file = join(folder, "rows.jsonl");
try {
  await writeInput(Number(megabytes) * 1e6);
  print("| prompt | counted by | MB | s | MB/s | CPU-s | MB per CPU-s | peak RSS, MB | tokens |");
  print("|---|---|---|---|---|---|---|---|---|");
  for (const [name, flags] of Object.entries(PROMPTS)) {
    for (const workers of [1, 2]) print(`| ${name} | --workers ${workers} | ${await measure(flags, workers)} |`);
    print(`| ${name} | js-tiktoken, one thread | ${await measureJsTiktoken(flags)} |`);
  }
  print(`\nLoad average at the end: ${loadavg()[0]?.toFixed(1)}.`);
} finally {
  await rm(folder, { recursive: true });
}

async function measure(flags: Readonly<Record<string, string>>, workers: number): Promise<string> {
  const argv = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  const own = ["count", file, "--model", "gpt-4.1-mini", "--json", "--workers", String(workers)];
  const began = performance.now();
  const child = spawn(process.execPath, ["--import", REPORT, CLI, ...own, ...argv]);
  const [out, said] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  const [, peak, cpuMs] = /peak (\d+) cpu (\d+)/.exec(said) ?? [];
  const { total } = JSON.parse(out);
  return cells({
    bytes: total.bytes,
    seconds: (performance.now() - began) / 1000,
    cpuSeconds: Number(cpuMs) / 1000,
    peak: (Number(peak) / 1024).toFixed(0),
    tokens: total.tokens.total,
  });
}

/** The same rows, requests and formula; only what counts a text is another. */
async function measureJsTiktoken(flags: Readonly<Record<string, string>>): Promise<string> {
  const { Tiktoken } = await import("js-tiktoken/lite");
  const { default: ranks } = await import("js-tiktoken/ranks/o200k_base");
  const tiktoken = new Tiktoken(ranks);
  const question = await prepareQuestion(
    {
      provider: "openai",
      model: "gpt-4.1-mini",
      field: "response",
      endpoint: "/v1/chat/completions",
      outputField: "grade",
      param: {},
      prompts: {},
      models: {},
      ...flags,
    },
    { prompts: await readPackageText("prompts.yaml"), models: await readPackageText("models.yaml") },
  );
  const tokenizer = { encoding: "o200k_base", count: (part: string) => tiktoken.encode(part, [], []).length };
  const counter = new RowCounter({ ...question, tokenizer });
  const [began, cpu] = [performance.now(), cpuSeconds()];
  let tokens = 0;
  const slice = createReadStream(file, { end: SLICE_BYTES - 1 });
  for await (const some of jsonl.decode(slice, { file, maxRecordBytes: 1 << 24 })) {
    for (const count of counter.count(some).tokens) tokens += count;
  }
  const seconds = (performance.now() - began) / 1000;
  return cells({ bytes: SLICE_BYTES, seconds, cpuSeconds: cpuSeconds() - cpu, peak: "", tokens });
}

interface Figures {
  readonly bytes: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peak: string;
  readonly tokens: number;
}

function cells({ bytes, seconds, cpuSeconds: cpu, peak, tokens }: Figures): string {
  const megabytesRead = bytes / 1e6;
  const speeds = [seconds, megabytesRead / seconds, cpu, megabytesRead / cpu].map((value) => value.toFixed(1));
  return [megabytesRead.toFixed(0), ...speeds, peak, tokens.toLocaleString("en-US")].join(" | ");
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

async function writeInput(bytes: number): Promise<void> {
  const lines = readFileSync(rows, "utf8").split("\n").slice(0, -1);
  const out = createWriteStream(file);
  for (let row = 0; out.bytesWritten + out.writableLength < bytes; row++) {
    const line = lines[row % lines.length] ?? "";
    if (!out.write(`${line.replace('"response":"', `"response":"${row} `)}\n`)) await once(out, "drain");
  }
  out.end();
  await once(out, "finish");
  print(`${((await stat(file)).size / 1e6).toFixed(0)} MB\n`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
