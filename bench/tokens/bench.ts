import { type Counter, cpuMs, type EncodingName, loadCounters } from "./counters.ts";
import { type BenchText, benchTexts } from "./texts.ts";

/**
 * Prints, for each encoding, how many megabytes of UTF-8 are counted in a second of CPU time: by ours, by js-tiktoken
 * and by tiktoken's WASM. Exits with 1 if a count of ours is not tiktoken's.
 *
 *     node bench/tokens/bench.ts [rows.jsonl]
 */

const RUNS = 7;

/** The others get no more of a text, as some take minutes for all of it. */
const MAX_BYTES_OF_OTHERS = 400_000;

/** The others merge in quadratic time: of adversarial texts they get a beginning of so many UTF-16 code units. */
const ADVERSARIAL_LENGTH = 2_000;

const texts = benchTexts(process.argv[2]);
await compare("o200k_base");
await compare("cl100k_base");

async function compare(encoding: EncodingName): Promise<void> {
  const { ours, js, wasm } = await loadCounters(encoding);
  const loads = [ours, js, wasm].map(({ loadMs }) => `${loadMs.toFixed(0)} ms`);
  print(`\n## ${encoding}\n\nCPU time to load: ours ${loads[0]}, js-tiktoken ${loads[1]}, WASM ${loads[2]}.\n`);
  print("| text | MB | ours, first run | ours | js-tiktoken | WASM | ours / js-tiktoken | ours / WASM | exact |");
  print("|---|---|---|---|---|---|---|---|---|");
  for (const text of texts) {
    const cells = [text.name, (bytesOf(text.strings) / 1e6).toFixed(2), ...figures(text, ours, js, wasm)];
    print(`| ${cells.join(" | ")} |`);
  }
}

function figures({ strings, isAdversarial }: BenchText, ours: Counter, js: Counter, wasm: Counter): string[] {
  const part = isAdversarial ? strings.map((text) => text.slice(0, ADVERSARIAL_LENGTH)) : beginning(strings);
  const first = speed(ours, strings);
  const ourSpeed = medianSpeed(ours, strings, RUNS);
  const jsSpeed = medianSpeed(js, part, isAdversarial ? 1 : 3);
  const wasmSpeed = medianSpeed(wasm, part, 5);
  const checked = isAdversarial ? part : strings;
  const wrong = checked.filter((text) => ours.count(text) !== wasm.count(text)).length;
  if (wrong > 0) process.exitCode = 1;
  const ratios = [ourSpeed / jsSpeed, ourSpeed / wasmSpeed].map((ratio) => `${ratio.toFixed(ratio < 100 ? 1 : 0)}×`);
  const speeds = [first, ourSpeed, jsSpeed, wasmSpeed].map((value) => value.toPrecision(3));
  return [...speeds, ...ratios, wrong === 0 ? "yes" : `${wrong} wrong`];
}

function beginning(strings: readonly string[]): string[] {
  let bytes = 0;
  return strings.filter((text) => {
    bytes += Buffer.byteLength(text);
    return bytes <= MAX_BYTES_OF_OTHERS;
  });
}

function medianSpeed(counter: Counter, strings: readonly string[], runs: number): number {
  const speeds = Array.from({ length: runs }, () => speed(counter, strings)).sort((a, b) => a - b);
  return speeds[runs >> 1] ?? 0;
}

/** Megabytes per second of CPU time; what is counted too fast to be timed is counted again and again. */
function speed(counter: Counter, strings: readonly string[]): number {
  const start = cpuMs();
  let rounds = 0;
  do {
    for (const text of strings) counter.count(text);
    rounds++;
  } while (cpuMs() - start < 20);
  return (rounds * bytesOf(strings)) / 1000 / (cpuMs() - start);
}

function bytesOf(strings: readonly string[]): number {
  return strings.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
