import { loadavg } from "node:os";
import { type Counter, type Counters, cpuMs, ENCODINGS, type EncodingName, loadCounters } from "./counters.ts";
import { type BenchText, benchTexts } from "./texts.ts";

/**
 * Prints, for each encoding, how many megabytes of UTF-8 are counted in a second of CPU time: by ours, by js-tiktoken, by
 * tiktoken's WASM, by gpt-tokenizer and by ai-tokenizer; how many times as fast ours is; and how many of the texts each
 * of them counts otherwise than tiktoken. Exits with 1 if ours does.
 *
 *     node bench/tokens/bench.ts [rows.jsonl [encoding]]
 */

const RUNS = 3;

/** The others merge in quadratic time: of adversarial texts they get a beginning of so many UTF-16 code units. */
const ADVERSARIAL_LENGTH = 2_000;

/** Rounds so far, of all counters. */
let round = 0;

const [rows, only] = process.argv.slice(2);
const texts = benchTexts(rows);
for (const encoding of ENCODINGS) if (only === undefined || only === encoding) await compare(encoding);
print(`\nLoad average at the end: ${loadavg()[0]?.toFixed(1)}.`);

async function compare(encoding: EncodingName): Promise<void> {
  const counters = await loadCounters(encoding);
  const all = [counters.ours, ...counters.others];
  const loads = all.map(({ name, loadMs }) => `${name} ${loadMs.toFixed(0)} ms`);
  print(`\n## ${encoding}\n\nCPU time to load: ${loads.join(", ")}.\n`);
  const results = texts.map((text) => measure(text, counters));
  const rivals = counters.others.map(({ name }) => name);
  const speedHead = ["text", "MB", "ours, first run", "ours", ...rivals];
  table(
    speedHead,
    results.map(({ name, megabytes, first, ours, speeds }) => [
      ...[name, megabytes.toFixed(2)],
      ...[first, ours, ...speeds].map((speed) => speed.toPrecision(3)),
    ]),
  );
  table(
    ["text", ...rivals.map((name) => `ours / ${name}`), "strings", ...all.map(({ name }) => `${name} wrong`)],
    results.map(({ name, ours, speeds, strings, wrong }) => [
      name,
      ...speeds.map((speed) => ratio(ours / speed)),
      ...[strings, ...wrong].map(String),
    ]),
  );
}

/** Speeds in megabytes per second of CPU time. */
interface Result {
  readonly name: string;
  readonly megabytes: number;
  readonly first: number;
  readonly ours: number;
  /** Of the others, in their order. */
  readonly speeds: readonly number[];
  /** How many strings were checked. */
  readonly strings: number;
  /** How many of them were counted wrong, by each: ours first. */
  readonly wrong: readonly number[];
}

function measure({ name, strings, isAdversarial }: BenchText, { ours, others, oracle }: Counters): Result {
  const part = isAdversarial ? strings.map((text) => text.slice(0, ADVERSARIAL_LENGTH)) : strings;
  const first = speed(ours, () => strings);
  const ourSpeed = medianSpeed(ours, () => strings);
  // Never the same twice where there is one piece: they remember what they have merged.
  const given = isAdversarial
    ? (round: number) => part.map((text) => text.slice(round % (text.length >> 1)))
    : () => part;
  const speeds = others.map((counter) => medianSpeed(counter, given));
  const right = part.map((text) => oracle.count(text));
  const wrongBy = (counter: Counter) => part.filter((text, index) => counter.count(text) !== right[index]).length;
  const wrong = [ours, ...others].map(wrongBy);
  if (wrong[0] !== 0) process.exitCode = 1;
  return { name, megabytes: bytesOf(strings) / 1e6, first, ours: ourSpeed, speeds, strings: part.length, wrong };
}

/** The strings of a round, which is counted from 0. */
type Given = (round: number) => readonly string[];

function medianSpeed(counter: Counter, given: Given): number {
  const speeds = Array.from({ length: RUNS }, () => speed(counter, given)).sort((a, b) => a - b);
  return speeds[RUNS >> 1] ?? 0;
}

/** Megabytes per second of CPU time; what is counted too fast to be timed is counted again and again. */
function speed(counter: Counter, given: Given): number {
  const counted: (readonly string[])[] = [];
  const start = cpuMs();
  do {
    const strings = given(round++);
    for (const text of strings) counter.count(text);
    counted.push(strings);
  } while (cpuMs() - start < 20);
  const end = cpuMs();
  return counted.reduce((bytes, strings) => bytes + bytesOf(strings), 0) / 1000 / (end - start);
}

function bytesOf(strings: readonly string[]): number {
  return strings.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

function ratio(value: number): string {
  return `${value.toFixed(value < 100 ? 1 : 0)}×`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  print(`| ${head.join(" | ")} |`);
  print(`|${"---|".repeat(head.length)}`);
  for (const row of rows) print(`| ${row.join(" | ")} |`);
  print("");
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
