import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import OpenAI, { toFile } from "openai";
import { onTestFinished } from "vitest";
import type { Clock } from "../../src/core/clock.ts";
import type { FaultRates } from "../../src/emulator/faults.ts";
import { type EmulatorOptions, startEmulator } from "../../src/emulator/server.ts";

/** A folder that is gone after the test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "bg-pipe-emulator-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true, maxRetries: 3 }));
  return directory;
}

/** Four characters are a token: quick to count, and to check by hand. */
export const countTokens = (_model: string, text: string) => Math.ceil(text.length / 4);

/** An emulator for one test, and the official client on it. */
export async function startForTest(options: Partial<EmulatorOptions> = {}) {
  const directory = options.directory ?? (await temporaryDirectory());
  const emulator = await startEmulator({ countTokens, ...options, directory });
  onTestFinished(() => emulator.close());
  return { emulator, directory, client: clientOf(emulator.url) };
}

/** As {@link startForTest}, with faults; what they take time for takes 50 ms. */
export function startWithFaults(rates: FaultRates, options: Partial<EmulatorOptions> = {}) {
  return startForTest({ faults: { seed: 1, rates, seconds: 0.05 }, ...options });
}

const PROGRAM = fileURLToPath(new URL("emulator-process.ts", import.meta.url));

/** An emulator in a process of its own, to be killed. */
export async function startProcess(options: object): Promise<{ url: string; process: ChildProcess }> {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(options)], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [chunk] = await once(child.stdout, "data");
  return { url: String(chunk).trim(), process: child };
}

export async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

/** The official client; it repeats nothing by itself. */
export function clientOf(url: string): OpenAI {
  return new OpenAI({ baseURL: url, apiKey: "sk-test", maxRetries: 0 });
}

/** One request line for chat completions, with fields of the line changed. */
export function line(
  customId: string,
  userText = `text of ${customId}`,
  changes: Record<string, unknown> = {},
): string {
  const body = { model: "gpt-5-mini", messages: [{ role: "user", content: userText }] };
  return JSON.stringify({ custom_id: customId, method: "POST", url: "/v1/chat/completions", body, ...changes });
}

/** Lines with the ids r0, r1, … */
export function lines(count: number): string {
  return Array.from({ length: count }, (_, index) => line(`r${index}`)).join("\n");
}

export async function upload(client: OpenAI, content: string | Buffer, purpose: "batch" | "user_data" = "batch") {
  return client.files.create({ file: await toFile(Buffer.from(content), "input.jsonl"), purpose });
}

export async function createBatch(
  client: OpenAI,
  content: string | Buffer,
  changes: Partial<OpenAI.BatchCreateParams> = {},
) {
  const file = await upload(client, content);
  return client.batches.create({
    input_file_id: file.id,
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
    ...changes,
  });
}

/** Asks for the batch until it looks as wanted. */
export async function until(client: OpenAI, id: string, isWanted: (batch: OpenAI.Batch) => boolean) {
  for (let tries = 0; tries < 4000; tries++) {
    const batch = await client.batches.retrieve(id);
    if (isWanted(batch)) return batch;
    await delay(2);
  }
  throw new Error(`batch ${id} never came to look as wanted: ${JSON.stringify(await client.batches.retrieve(id))}`);
}

const TERMINAL = ["completed", "failed", "expired", "cancelled"];

/** Asks for the batch until it has ended. */
export function untilEnded(client: OpenAI, id: string) {
  return until(client, id, (batch) => TERMINAL.includes(batch.status));
}

/** Runs a batch to its end. */
export async function runBatch(
  client: OpenAI,
  content: string | Buffer,
  changes: Partial<OpenAI.BatchCreateParams> = {},
) {
  return untilEnded(client, (await createBatch(client, content, changes)).id);
}

/** A line of an output or error file, as far as tests look at it. */
export interface ResultLine {
  readonly custom_id: string;
  readonly response: {
    status_code: number;
    body: { choices: OpenAI.ChatCompletion.Choice[]; error?: { code: string } };
  } | null;
  readonly error: { code: string } | null;
}

/** The lines of a result file; none for no file. */
export async function resultLines(client: OpenAI, fileId: string | null | undefined): Promise<ResultLine[]> {
  return (await rawLines(client, fileId)).map((json) => JSON.parse(json));
}

/** As {@link resultLines}, for lines that may be no JSON. */
export async function rawLines(client: OpenAI, fileId: string | null | undefined): Promise<string[]> {
  if (!fileId) return [];
  const text = await (await client.files.content(fileId)).text();
  return text.trimEnd().split("\n");
}

/** What was answered, in the order of the file. */
export async function answersOf(client: OpenAI, batch: OpenAI.Batch) {
  const found = await resultLines(client, batch.output_file_id);
  return found.map((result) => [result.custom_id, result.response?.body.choices[0]?.message.content]);
}

/** An answer of the emulator's own pages. */
export async function emulatorPage(url: string, page: "billing" | "calls" | "faults" | "live") {
  const response = await fetch(url.replace(/\/v1$/, `/emulator/${page}`));
  return (await response.json()) as Record<string, number>;
}

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Clock {
  #now = 1_800_000_000_000;
  #sleepers: { dueMs: number; wake: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      this.#sleepers.push({ dueMs: this.#now + milliseconds, wake: resolve });
    });
  }

  advance(seconds: number): void {
    this.#now += seconds * 1000;
    const due = this.#sleepers.filter((sleeper) => sleeper.dueMs <= this.#now);
    this.#sleepers = this.#sleepers.filter((sleeper) => sleeper.dueMs > this.#now);
    for (const sleeper of due) sleeper.wake();
  }
}
