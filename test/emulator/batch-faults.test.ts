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
  startWithFaults,
  until,
  untilEnded,
} from "./support.ts";

describe("a batch ends against its will", () => {
  test.for([
    { fault: "batch_expires", status: "expired", code: "batch_expired" },
    { fault: "batch_cancelled", status: "cancelled", code: "batch_cancelled" },
  ] as const)(
    "$fault: with a part answered and billed, and the rest said to be left",
    async ({ fault, status, code }) => {
      const { client, emulator } = await startWithFaults({ [fault]: 1 });
      const batch = await runBatch(client, lines(100));
      const answered = (await answersOf(client, batch)).map(([id]) => id);
      const left = await resultLines(client, batch.error_file_id);
      expect(batch.status).toBe(status);
      expect(batch[`${status}_at`]).toEqual(expect.any(Number));
      expect(batch.cancelling_at !== null).toBe(status === "cancelled");
      expect(answered.length).toBeGreaterThan(0);
      expect(left.length).toBeGreaterThan(0);
      expect(new Set([...answered, ...left.map((result) => result.custom_id)]).size).toBe(100);
      expect(left.every((result) => result.response === null && result.error?.code === code)).toBe(true);
      expect(batch.request_counts).toMatchObject({ total: 100, completed: answered.length });
      expect(await emulatorPage(emulator.url, "billing")).toMatchObject({ requests: answered.length });
      expect(await emulatorPage(emulator.url, "faults")).toEqual({ [fault]: 1 });
    },
  );

  test("no two batches at the same point", async () => {
    const { client } = await startWithFaults({ batch_expires: 1 });
    const counts: (number | undefined)[] = [];
    for (let run = 0; run < 4; run++) counts.push((await runBatch(client, lines(50))).request_counts?.completed);
    expect(new Set(counts).size).toBeGreaterThan(1);
  });

  test("batch_fails and file_not_found: before anything is billed", async () => {
    for (const [fault, code, message] of [
      ["batch_fails", "server_error", /had an error/],
      ["file_not_found", "invalid_request", /^Cannot find file file-\w+, or organization org-emulator does not have/],
    ] as const) {
      const { client, emulator } = await startWithFaults({ [fault]: 1 });
      const batch = await runBatch(client, lines(3));
      expect(batch).toMatchObject({ status: "failed", output_file_id: null, error_file_id: null });
      expect(batch.errors?.data).toMatchObject([{ code, message: expect.stringMatching(message), line: null }]);
      expect(batch.request_counts).toEqual({ total: 0, completed: 0, failed: 0 });
      expect((await client.files.retrieve(batch.input_file_id)).id).toBe(batch.input_file_id);
      expect(await emulatorPage(emulator.url, "billing")).toMatchObject({ requests: 0 });
      expect(await emulatorPage(emulator.url, "faults")).toEqual({ [fault]: 1 });
    }
  });
});

describe("a batch is told of wrongly", () => {
  const input = [line("good"), line("bad", "[[emulator:status=500]]")].join("\n");

  test("counts_lie: all completed, whatever the files say", async () => {
    const { client, emulator } = await startWithFaults({ counts_lie: 1 });
    const batch = await runBatch(client, input);
    expect(batch.request_counts).toEqual({ total: 2, completed: 2, failed: 0 });
    expect(await resultLines(client, batch.error_file_id)).toHaveLength(1);
    expect((await runBatch(client, lines(1))).request_counts?.completed).toBe(1);
    expect(await emulatorPage(emulator.url, "faults")).toEqual({ counts_lie: 1 });
  });

  test("empty_file_ids: empty texts for files that are not there", async () => {
    const { client, emulator } = await startWithFaults({ empty_file_ids: 1 });
    expect(await runBatch(client, lines(1))).toMatchObject({ output_file_id: /^file-/, error_file_id: "" });
    expect(await runBatch(client, line("bad", "[[emulator:status=500]]"))).toMatchObject({ output_file_id: "" });
    const whole = await runBatch(client, input);
    expect([whole.output_file_id, whole.error_file_id].every(Boolean)).toBe(true);
    expect(await emulatorPage(emulator.url, "faults")).toEqual({ empty_file_ids: 2 });
  });
});

// Ten tokens a line: 3 for the message, 1 for its role, 3 for its text, 3 for the reply.
describe("the limit on enqueued tokens", () => {
  const message =
    "Enqueued token limit reached for gpt-5-mini in organization org-emulator. Limit: 2,500 enqueued tokens. " +
    "Please try again once some in_progress batches have been completed.";

  test("fails a batch that goes over it, as a look at the batch tells, until others have ended", async () => {
    const clock = new ManualClock();
    const { client, emulator } = await startForTest({ clock, batchSeconds: 100, queueLimit: 2_500 });
    const first = await createBatch(client, lines(200));
    clock.advance(10);
    await until(client, first.id, (batch) => batch.status === "in_progress");
    const second = await createBatch(client, lines(51));
    expect(second).toMatchObject({ status: "validating", errors: null });
    clock.advance(10);
    const failed = await untilEnded(client, second.id);
    expect(failed).toMatchObject({ status: "failed", request_counts: { total: 0 } });
    expect(failed.errors?.data).toEqual([{ code: "token_limit_exceeded", message, param: null, line: null }]);
    const third = await createBatch(client, lines(50));
    clock.advance(100);
    await untilEnded(client, first.id);
    await untilEnded(client, third.id);
    const fourth = await createBatch(client, lines(250));
    clock.advance(100);
    expect((await untilEnded(client, fourth.id)).status).toBe("completed");
    expect(await emulatorPage(emulator.url, "faults")).toEqual({ token_limit_exceeded: 1 });
    expect(await emulatorPage(emulator.url, "billing")).toMatchObject({ requests: 500 });
  });

  test("holds for each model by itself, over emulators on the same directory, and for a single batch", async () => {
    const clock = new ManualClock();
    const options = { clock, batchSeconds: 100, queueLimit: 25 };
    const one = await startForTest(options);
    const other = await startForTest({ ...options, directory: one.directory });
    const body = { model: "another", messages: [{ role: "user", content: "text of r0" }] };
    const made = [
      await createBatch(one.client, lines(2)),
      await createBatch(one.client, line("r0", "", { body })),
      await createBatch(one.client, lines(3)),
    ];
    clock.advance(10);
    for (const { id } of made) await until(one.client, id, ({ status }) => status !== "validating");
    const late = await createBatch(other.client, lines(1));
    clock.advance(10);
    await until(other.client, late.id, ({ status }) => status !== "validating");
    const statuses = await Promise.all(
      [...made, late].map(async ({ id }) => (await one.client.batches.retrieve(id)).status),
    );
    expect(statuses).toEqual(["in_progress", "in_progress", "failed", "failed"]);
  });
});
