import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type OpenAI from "openai";
import { describe, expect, test } from "vitest";
import type { FaultRates } from "../../src/emulator/faults.ts";
import {
  clientOf,
  createBatch,
  emulatorPage,
  kill,
  line,
  lines,
  rawLines,
  runBatch,
  startForTest,
  startProcess,
  startWithFaults,
  temporaryDirectory,
  until,
  untilEnded,
  upload,
} from "./support.ts";

const ENDED = ["completed", "failed", "expired", "cancelled"];

/** Result lines without what differs from batch to batch: ids and times. */
async function contentOf(client: OpenAI, batch: OpenAI.Batch) {
  const found = [batch.output_file_id, batch.error_file_id].map((id) => rawLines(client, id));
  return (await Promise.all(found)).map((file) =>
    file.map((text) => text.replace(/"(?:batch_)?req_[0-9a-f]{32}"|"created":\d+/g, "")),
  );
}

describe("killed at any instant", { timeout: 60_000 }, () => {
  const rates: FaultRates = {
    line_lost: 0.05,
    line_doubled: 0.05,
    line_in_both_files: 0.05,
    line_foreign: 0.05,
    line_rate_limited: 0.1,
    line_invalid_answer: 0.05,
    counts_lie: 1,
  };

  test.for(["completed", "expired"])("it carries on with the same results: %s", async (status) => {
    const options = { faults: { seed: 3, rates: { ...rates, batch_expires: status === "expired" ? 1 : 0 } } };
    const undisturbed = await startForTest(options);
    const expected = await runBatch(undisturbed.client, lines(600));
    const directory = await temporaryDirectory();
    const start = () => startProcess({ directory, batchSeconds: 2, ...options });
    let running = await start();
    const { id } = await createBatch(clientOf(running.url), lines(600));
    const wanted = (expected.usage?.output_tokens ?? 0) / 4;
    for (const share of [1, 2, 3]) {
      const hasCome = ({ usage }: OpenAI.Batch) => (usage?.output_tokens ?? 0) >= wanted * share;
      await until(clientOf(running.url), id, hasCome);
      await kill(running.process);
      running = await start();
    }
    const client = clientOf(running.url);
    const batch = await untilEnded(client, id);
    expect(expected.status).toBe(status);
    expect(batch).toMatchObject({ status, request_counts: expected.request_counts, usage: expected.usage });
    expect(await contentOf(client, batch)).toEqual(await contentOf(undisturbed.client, expected));
    const [page, undisturbedPage] = [running.url, undisturbed.emulator.url].map((url) => emulatorPage(url, "faults"));
    expect(await page).toEqual(await undisturbedPage);
    expect(await emulatorPage(running.url, "billing")).toEqual(await emulatorPage(undisturbed.emulator.url, "billing"));
  });
});

/** Makes a call until it succeeds, some times at most. */
async function insist<T>(call: () => PromiseLike<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await call();
    } catch (error) {
      if (tries === 8) throw error;
    }
  }
}

/** Does to an emulator what clients do. */
async function makeCalls(client: OpenAI, caller: number): Promise<void> {
  const content = Array.from({ length: 8 }, (_, at) => line(`c${caller}-${at}`)).join("\n");
  const file = await insist(() => upload(client, content));
  const request = { input_file_id: file.id, endpoint: "/v1/chat/completions", completion_window: "24h" } as const;
  const { id } = await insist(() => client.batches.create(request));
  if (caller % 5 === 0) await insist(() => client.batches.cancel(id));
  for (let look = 0; look < 10; look++) {
    const batch = await insist(() => client.batches.retrieve(id));
    if (batch.output_file_id) await insist(() => rawLines(client, batch.output_file_id));
    if (ENDED.includes(batch.status)) break;
  }
  await insist(() => client.batches.list());
  await insist(() => client.files.list());
  await insist(() => client.files.delete(file.id));
}

test("under all faults at once the emulator itself stays whole", { timeout: 60_000 }, async () => {
  const faults = { seed: 5, rates: { all: 0.2 }, seconds: 0.01 };
  const { client, directory, emulator } = await startWithFaults({}, { faults });
  await Promise.allSettled(Array.from({ length: 40 }, (_, caller) => makeCalls(client, caller)));
  const struck = Object.keys(await emulatorPage(emulator.url, "faults"));
  expect(struck.length).toBeGreaterThan(20);
  await emulator.close();
  const quiet = await startForTest({ directory });
  const batches: OpenAI.Batch[] = [];
  for await (const { id } of quiet.client.batches.list()) batches.push(await untilEnded(quiet.client, id));
  expect(batches.length).toBeGreaterThan(10);
  expect(new Set(batches.map(({ status }) => status)).size).toBeGreaterThan(2);
  const billed = await emulatorPage(quiet.emulator.url, "billing");
  const tokens = batches.reduce((sum, { usage }) => sum + (usage?.output_tokens ?? 0), 0);
  expect(billed["output_tokens"]).toBe(tokens);
  for (const batch of batches) await contentOf(quiet.client, batch);
  expect((await readdir(join(directory, "files"))).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  expect(await readdir(join(directory, "claims"))).toEqual([]);
});

test("records of batches and files from before there were faults are read all the same", async () => {
  const first = await startForTest();
  const { id } = await runBatch(first.client, lines(2));
  const path = join(first.directory, "batches", `${id}.json`);
  const { batch, work } = JSON.parse(await readFile(path, "utf8"));
  for (const name of ["ordinal", "visibleMs", "enqueuedTokens", "strikes"]) delete work[name];
  await writeFile(path, JSON.stringify({ batch, work }));
  expect((await first.client.batches.retrieve(id)).status).toBe("completed");
  expect(await emulatorPage(first.emulator.url, "faults")).toEqual({});
});
