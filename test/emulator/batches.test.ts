import { readdir } from "node:fs/promises";
import { join } from "node:path";
import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import {
  answersOf,
  createBatch,
  emulatorPage,
  line,
  lines,
  ManualClock,
  resultLines,
  runBatch,
  startForTest,
  until,
  untilEnded,
} from "./support.ts";

describe("a batch", () => {
  test("answers every line once, not in the order of the input, but always in the same", async () => {
    const { client, emulator } = await startForTest();
    const input = lines(50);
    const batch = await runBatch(client, input, { metadata: { chunk: "c1" } });
    expect(batch).toMatchObject({
      status: "completed",
      error_file_id: null,
      metadata: { chunk: "c1" },
      model: "gpt-5-mini",
    });
    expect(batch.request_counts).toEqual({ total: 50, completed: 50, failed: 0 });
    const answers = await answersOf(client, batch);
    const ids = answers.map(([id]) => id);
    const inputIds = Array.from({ length: 50 }, (_, index) => `r${index}`);
    expect(ids).not.toEqual(inputIds);
    expect(ids.toSorted()).toEqual(inputIds.toSorted());
    expect(await answersOf(client, await runBatch(client, input))).toEqual(answers);
    expect(await emulatorPage(emulator.url, "billing")).toMatchObject({ requests: 100, distinct: 50 });
  });

  test("bills what its usage says", async () => {
    const { client, emulator } = await startForTest();
    const batch = await runBatch(client, lines(10));
    const results = await resultLines(client, batch.output_file_id);
    expect(batch.usage?.input_tokens).toBe(10 * (3 + 1 + 3 + 3));
    expect(batch.usage?.output_tokens).toBeGreaterThan(10);
    expect(results).toHaveLength(10);
    expect(await emulatorPage(emulator.url, "billing")).toEqual({
      requests: 10,
      distinct: 10,
      live: 0,
      input_tokens: batch.usage?.input_tokens,
      output_tokens: batch.usage?.output_tokens,
    });
  });

  test("puts failures into the error file, with nothing in the top-level error", async () => {
    const { client, emulator } = await startForTest();
    const batch = await runBatch(client, [line("good"), line("bad", "[[emulator:status=500]]")].join("\n"));
    expect(batch.request_counts).toEqual({ total: 2, completed: 1, failed: 1 });
    expect(await resultLines(client, batch.output_file_id)).toMatchObject([{ custom_id: "good", error: null }]);
    expect(await resultLines(client, batch.error_file_id)).toMatchObject([
      { custom_id: "bad", response: { status_code: 500, body: { error: { code: "server_error" } } }, error: null },
    ]);
    expect(await emulatorPage(emulator.url, "billing")).toMatchObject({ requests: 1 });
  });

  test("is completed without an output file when all its lines fail", async () => {
    const { client } = await startForTest();
    const batch = await runBatch(client, line("bad", "[[emulator:status=400]]"));
    expect(batch).toMatchObject({ status: "completed", output_file_id: null });
    expect(await resultLines(client, batch.error_file_id)).toHaveLength(1);
  });

  test("escapes what is not ASCII in its results", async () => {
    const { client } = await startForTest();
    const schema = { type: "object", properties: { "größe 😀": { const: "\u2028é" } }, required: ["größe 😀"] };
    const body = {
      model: "gpt-5-mini",
      messages: [{ role: "user", content: "x" }],
      response_format: { type: "json_schema", json_schema: { name: "s", schema } },
    };
    const batch = await runBatch(client, line("é", "", { body }));
    const text = await (await client.files.content(batch.output_file_id ?? "")).text();
    expect(text).toMatch(/^[\x20-\x7e]+\n$/);
    expect(text).toContain("gr\\u00f6\\u00dfe \\ud83d\\ude00");
    expect(await answersOf(client, batch)).toEqual([["é", JSON.stringify({ "größe 😀": "\u2028é" })]]);
  });

  test("does not need its input file once it runs, and names its result files", async () => {
    const clock = new ManualClock();
    const { client, directory } = await startForTest({ clock, batchSeconds: 100 });
    const created = await createBatch(client, lines(3), {
      output_expires_after: { anchor: "created_at", seconds: 7200 },
    });
    clock.advance(50);
    await until(client, created.id, (batch) => batch.status === "in_progress");
    await client.files.delete(created.input_file_id);
    clock.advance(50);
    const batch = await untilEnded(client, created.id);
    const output = await client.files.retrieve(batch.output_file_id ?? "");
    expect(output).toMatchObject({ purpose: "batch_output", filename: `${batch.id}_output.jsonl` });
    expect(output.expires_at).toBe(output.created_at + 7200);
    expect((await readdir(join(directory, "files"))).sort()).toEqual([`${output.id}.bin`, `${output.id}.json`]);
    expect(await readdir(join(directory, "claims"))).toEqual([]);
  });
});

test("a batch takes its time, and its counts move", async () => {
  const clock = new ManualClock();
  const { client } = await startForTest({ clock, batchSeconds: 100 });
  const created = await createBatch(client, lines(8));
  const start = created.created_at;
  expect(created).toMatchObject({ status: "validating", expires_at: start + 86_400, request_counts: { total: 0 } });
  clock.advance(10);
  const begun = await until(client, created.id, (batch) => batch.status === "in_progress");
  expect(begun).toMatchObject({ in_progress_at: start + 10, request_counts: { total: 8, completed: 0, failed: 0 } });
  clock.advance(40);
  const halfway = await until(client, created.id, (batch) => (batch.request_counts?.completed ?? 0) > 0);
  expect(halfway).toMatchObject({ request_counts: { completed: 4 }, output_file_id: null });
  clock.advance(40);
  const finalizing = await until(client, created.id, (batch) => batch.status === "finalizing");
  expect(finalizing).toMatchObject({
    finalizing_at: start + 90,
    request_counts: { completed: 8 },
    output_file_id: null,
  });
  clock.advance(10);
  const batch = await untilEnded(client, created.id);
  expect(batch).toMatchObject({ status: "completed", completed_at: start + 100, failed_at: null, cancelled_at: null });
});

describe("cancelling", () => {
  test("keeps what was finished, and says so of the rest", async () => {
    const clock = new ManualClock();
    const { client, emulator } = await startForTest({ clock, batchSeconds: 100 });
    const { id } = await createBatch(client, lines(8));
    clock.advance(10);
    await until(client, id, (batch) => batch.status === "in_progress");
    clock.advance(40);
    await until(client, id, (batch) => batch.request_counts?.completed === 4);
    const cancelling = await client.batches.cancel(id);
    expect(cancelling.status).toBe("cancelling");
    expect(cancelling.cancelling_at).toBe(Math.floor(clock.now() / 1000));
    clock.advance(1);
    const batch = await untilEnded(client, id);
    expect(batch).toMatchObject({ status: "cancelled", completed_at: null });
    expect(batch.cancelled_at).toBeGreaterThanOrEqual(batch.cancelling_at ?? Number.POSITIVE_INFINITY);
    expect(await answersOf(client, batch)).toHaveLength(4);
    const unanswered = await resultLines(client, batch.error_file_id);
    expect(unanswered.map((result) => [result.response, result.error?.code])).toEqual(
      Array.from({ length: 4 }, () => [null, "batch_cancelled"]),
    );
    expect(await emulatorPage(emulator.url, "billing")).toMatchObject({ requests: 4 });
  });

  test("while validating leaves no files", async () => {
    const clock = new ManualClock();
    const { client } = await startForTest({ clock, batchSeconds: 100 });
    const { id } = await createBatch(client, lines(2));
    await client.batches.cancel(id);
    clock.advance(1);
    const batch = await untilEnded(client, id);
    expect(batch).toMatchObject({ status: "cancelled", output_file_id: null, error_file_id: null });
  });

  test("is refused for a batch that has ended, but not for a cancelled one", async () => {
    const { client } = await startForTest();
    const completed = await runBatch(client, lines(1));
    const refused = client.batches.cancel(completed.id);
    await expect(refused).rejects.toThrow("409 Cannot cancel a batch with status 'completed'.");
    const failed = await runBatch(client, "{");
    await expect(client.batches.cancel(failed.id)).rejects.toThrow(OpenAI.ConflictError);
    await expect(client.batches.cancel("batch_nobodys")).rejects.toThrow("No batch found with id 'batch_nobodys'.");
  });

  test("twice is fine", async () => {
    const clock = new ManualClock();
    const { client } = await startForTest({ clock, batchSeconds: 100 });
    const { id } = await createBatch(client, lines(2));
    await client.batches.cancel(id);
    clock.advance(1);
    await untilEnded(client, id);
    expect((await client.batches.cancel(id)).status).toBe("cancelled");
  });
});

test("a batch that is not done within its window expires, and delivers what it has", async () => {
  const clock = new ManualClock();
  const { client, emulator } = await startForTest({ clock, batchSeconds: 100, windowSeconds: 50 });
  const { id, created_at } = await createBatch(client, lines(8));
  clock.advance(10);
  await until(client, id, (batch) => batch.status === "in_progress");
  clock.advance(20);
  await until(client, id, (batch) => batch.request_counts?.completed === 2);
  clock.advance(20);
  const batch = await untilEnded(client, id);
  expect(batch).toMatchObject({ status: "expired", expired_at: created_at + 50, expires_at: created_at + 50 });
  expect(batch.usage?.input_tokens).toBe(20);
  expect(await answersOf(client, batch)).toHaveLength(2);
  const codes = (await resultLines(client, batch.error_file_id)).map((result) => result.error?.code);
  expect(codes).toEqual(Array.from({ length: 6 }, () => "batch_expired"));
  expect(await emulatorPage(emulator.url, "billing")).toMatchObject({ requests: 2 });
});

test("batches are listed newest first, in pages", async () => {
  const { client, emulator } = await startForTest();
  const ids: string[] = [];
  for (let count = 0; count < 5; count++) ids.push((await createBatch(client, lines(1))).id);
  const page = await client.batches.list({ limit: 2 });
  expect(page.data.map((batch) => batch.id)).toEqual([ids[4], ids[3]]);
  const wire = await (await fetch(`${emulator.url}/batches?limit=2`)).json();
  expect(wire).toMatchObject({ object: "list", has_more: true, first_id: ids[4], last_id: ids[3] });
  const listed: string[] = [];
  for await (const batch of client.batches.list({ limit: 2 })) listed.push(batch.id);
  expect(listed).toEqual(ids.toReversed());
  await expect(client.batches.list({ limit: 101 })).rejects.toThrow(OpenAI.BadRequestError);
});

test("API calls are counted by operation", async () => {
  const { client, emulator } = await startForTest();
  const { id } = await runBatch(client, lines(1));
  await client.batches.cancel(id).catch(() => undefined);
  expect(await emulatorPage(emulator.url, "calls")).toMatchObject({
    "POST /v1/files": 1,
    "POST /v1/batches": 1,
    "POST /v1/batches/:id/cancel": 1,
    "GET /v1/batches/:id": expect.any(Number),
  });
});
