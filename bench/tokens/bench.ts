import { Tiktoken } from "js-tiktoken/lite";
import cl100kRanks from "js-tiktoken/ranks/cl100k_base";
import o200kRanks from "js-tiktoken/ranks/o200k_base";
import { get_encoding } from "tiktoken";
import { tokenizers } from "../../src/tokens/index.ts";
import { type BenchText, benchTexts } from "./texts.ts";

/**
 * Megabytes of UTF-8 counted per second of CPU: ours, js-tiktoken and tiktoken's WASM. Prints one Markdown table for
 * each encoding, and fails if our counts are not tiktoken's.
 *
 *     node bench/tokens/bench.ts [rows.jsonl]
 */

const RUNS = 5;

/** Counters with quadratic merging get texts of this kind up to so many bytes only. */
const SLOW_BYTES = 2_000;

interface Counter {
  readonly name: string;
  readonly loadMs: number;
  count(text: string): number;
}

const names = ["o200k_base", "cl100k_base"] as const;
const texts = benchTexts(process.argv[2]);
for (const name of names) await compare(name);

async function compare(encoding: (typeof names)[number]): Promise<void> {
  const ours = await ourCounter(encoding);
  const wasm = await wasmCounter(encoding);
  const javascript = await javascriptCounter(encoding);
  const loads = [ours, javascript, wasm].map((counter) => `${counter.name} ${counter.loadMs.toFixed(0)} ms`);
  print(`\n## ${encoding}\n\nLoading takes, in CPU time: ${loads.join(", ")}.\n`);
  print("| text | bytes | bg-pipe | js-tiktoken | tiktoken WASM | × js-tiktoken | × WASM | first run | exact |");
  print("|---|---|---|---|---|---|---|---|---|");
  for (const text of texts) print(row(text, ours, javascript, wasm));
}

function row(text: BenchText, ours: Counter, javascript: Counter, wasm: Counter): string {
  const bytes = bytesOf(text);
  const isExact = text.strings.every((string) => ours.count(string) === wasm.count(string));
  if (!isExact) process.exitCode = 1;
  return "";
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
