import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { onTestFinished } from "vitest";
import { readPackageText } from "../../../src/config/package-data.ts";
import { silentLogger } from "../../../src/core/logger.ts";
import type { WorkerSetup } from "../../../src/pipelines/count/count-worker.ts";
import { WorkerPool, type WorkerPoolOptions } from "../../../src/pipelines/count/worker-pool.ts";
import { type CountHost, type CountSettings, count } from "../../../src/pipelines/count.ts";
import { parsePrices } from "../../../src/pricing/price-table.ts";

export const data = { prompts: await readPackageText("prompts.yaml"), models: await readPackageText("models.yaml") };

export const prices = parsePrices(
  `
updated: 2026-01-01
models:
  gpt-4.1-mini:
    live: { input: 0.40, cached_input: 0.10, output: 1.60 }
    batch: { input: 0.20, cached_input: 0.20, output: 0.80 }
`,
  "prices.yaml",
);

/** Settings for stdin, with the field's own text as the message. */
export const settings: CountSettings = {
  inputs: [],
  maxRecordBytes: 1 << 20,
  provider: "openai",
  model: "gpt-4.1-mini",
  models: {},
  prompts: {},
  endpoint: "/v1/chat/completions",
  user: "{{ text }}",
  field: "response",
  param: {},
  outputField: "grade",
  workers: 0,
};

export interface CountWorld extends Partial<CountHost> {
  readonly text?: string | Uint8Array;
}

/** Settings that differ from {@link settings}; undefined takes one away. */
export type Given = { readonly [Name in keyof CountSettings]?: CountSettings[Name] | undefined };

export function settingsWith(given: Given): CountSettings {
  const merged = Object.entries({ ...settings, ...given }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(merged) as unknown as CountSettings;
}

/** Counts a text that comes in by stdin. */
export function counted(given: Given = {}, { text = "", ...host }: CountWorld = {}) {
  return count(settingsWith(given), {
    stdin: Readable.from(text === "" ? [] : [Buffer.from(text)]),
    log: silentLogger,
    signal: new AbortController().signal,
    data,
    prices,
    learned: async () => ({ tokenLimit: undefined, outputTokens: undefined, overheadTokens: undefined }),
    ...host,
  });
}

/** What counting threads of a test are started with. */
export function setupWith(given: Given = {}): WorkerSetup {
  const { maxRecordBytes } = settings;
  return {
    kind: "bg-pipe count worker",
    settings: settingsWith(given),
    data,
    texts: new Map(),
    maxRecordBytes,
    plugins: [],
  };
}

/** Threads that end with the test. */
export function poolOf(setup: WorkerSetup, options: WorkerPoolOptions = { size: 1 }): WorkerPool {
  const pool = new WorkerPool(setup, options);
  onTestFinished(() => pool.close());
  return pool;
}

/** JSON Lines of these responses. */
export function rows(...responses: readonly unknown[]): string {
  return responses.map((response) => `${JSON.stringify({ response })}\n`).join("");
}

export const fixture = readFileSync(new URL("../../../fixtures/answers.jsonl", import.meta.url));
