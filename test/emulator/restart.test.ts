import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { BillingLog } from "../../src/emulator/billing.ts";
import { Claims } from "../../src/emulator/claims.ts";
import { enlist, retire } from "../../src/emulator/processes.ts";
import {
  answersOf,
  clientOf,
  createBatch,
  emulatorPage,
  kill,
  line,
  lines,
  ManualClock,
  runBatch,
  startForTest,
  startProcess,
  temporaryDirectory,
  until,
  untilEnded,
} from "./support.ts";

/** Some lines fail, some only at first: what a second run over them must not change. */
const input = Array.from({ length: 600 }, (_, index) =>
  line(`r${index}`, `${index % 7 === 0 ? "[[emulator:status=429,times=1]]" : ""}${index}`),
).join("\n");

describe("killed at any instant", { timeout: 60_000 }, () => {
  test("it carries on, with the same answers, billed once", async () => {
    const undisturbed = await startForTest();
    const expected = await runBatch(undisturbed.client, input);
    const directory = await temporaryDirectory();
    let running = await startProcess({ directory, batchSeconds: 2 });
    const { id } = await createBatch(clientOf(running.url), input);
    for (const share of [0.1, 0.4, 0.7]) {
      await until(clientOf(running.url), id, ({ request_counts }) => (request_counts?.completed ?? 0) >= 600 * share);
      await kill(running.process);
      running = await startProcess({ directory, batchSeconds: 2 });
    }
    const client = clientOf(running.url);
    const batch = await untilEnded(client, id);
    expect(batch).toMatchObject({
      status: "completed",
      request_counts: expected.request_counts,
      usage: expected.usage,
    });
    expect(await answersOf(client, batch)).toEqual(await answersOf(undisturbed.client, expected));
    const completed = expected.request_counts?.completed;
    expect(await emulatorPage(running.url, "billing")).toMatchObject({ requests: completed, distinct: completed });
    expect(await emulatorPage(running.url, "calls")).toMatchObject({ "POST /v1/files": 1, "POST /v1/batches": 1 });
    expect(await readdir(join(directory, "claims"))).toEqual([]);
  });

  test("a batch of a killed process is taken over by another on the directory, when it is asked for", async () => {
    const directory = await temporaryDirectory();
    const first = await startProcess({ directory, batchSeconds: 1 });
    const second = await startForTest({ directory });
    const { id } = await createBatch(clientOf(first.url), lines(20));
    expect((await second.client.batches.retrieve(id)).status).toBe("validating");
    await kill(first.process);
    expect((await untilEnded(second.client, id)).request_counts?.completed).toBe(20);
  });
});

test.for(["completed", "cancelled"])(
  "results and bills that are ahead of the record, as a kill between the writes leaves them, are not doubled: %s",
  async (ending) => {
    const clock = new ManualClock();
    const first = await startForTest({ clock, batchSeconds: 100 });
    const { id } = await createBatch(first.client, lines(20));
    const recordPath = join(first.directory, "batches", `${id}.json`);
    const comeTo = async (completed: number, seconds: number) => {
      clock.advance(seconds);
      await until(first.client, id, ({ request_counts }) => request_counts?.completed === completed);
      return readFile(recordPath);
    };
    await comeTo(0, 10);
    const earlier = await comeTo(5, 20);
    await comeTo(10, 20);
    await first.emulator.close();
    await writeFile(recordPath, earlier);
    const second = await startForTest({ directory: first.directory, clock, batchSeconds: 100 });
    if (ending === "cancelled") await second.client.batches.cancel(id);
    clock.advance(ending === "cancelled" ? 0.2 : 50);
    const batch = await untilEnded(second.client, id);
    const ids = (await answersOf(second.client, batch)).map(([customId]) => customId);
    const expected = ending === "cancelled" ? 10 : 20;
    expect(batch).toMatchObject({ status: ending, request_counts: { completed: expected } });
    expect([ids.length, new Set(ids).size]).toEqual([expected, expected]);
    expect(await emulatorPage(second.emulator.url, "billing")).toMatchObject({
      requests: expected,
      distinct: expected,
    });
  },
);

test("closing stops a batch where it is, and the next emulator finishes it", async () => {
  const first = await startForTest({ batchSeconds: 3600 });
  const { id } = await createBatch(first.client, lines(5));
  await first.emulator.close();
  const second = await startForTest({ directory: first.directory });
  expect((await untilEnded(second.client, id)).status).toBe("completed");
});

test("two emulators on one directory do each batch once", async () => {
  const first = await startForTest();
  const second = await startForTest({ directory: first.directory });
  const made = await Promise.all(
    Array.from({ length: 6 }, (_, index) => createBatch(first.client, line(`r${index}`, `text ${index}`))),
  );
  for (const { id } of made) expect((await untilEnded(second.client, id)).status).toBe("completed");
  expect(await emulatorPage(second.emulator.url, "billing")).toMatchObject({ requests: 6, distinct: 6 });
});

test("a batch can be cancelled through another emulator than the one that works on it", async () => {
  const clock = new ManualClock();
  const first = await startForTest({ clock, batchSeconds: 100 });
  const second = await startForTest({ clock, batchSeconds: 100, directory: first.directory });
  const { id } = await createBatch(first.client, lines(10));
  clock.advance(10);
  await until(first.client, id, (batch) => batch.status === "in_progress");
  expect((await second.client.batches.cancel(id)).status).toBe("cancelling");
  expect((await first.client.batches.retrieve(id)).status).toBe("cancelling");
  clock.advance(1);
  expect((await untilEnded(first.client, id)).status).toBe("cancelled");
});

test("a bill that was cut off by a kill costs neither the line before nor the one behind", async () => {
  const directory = await temporaryDirectory();
  const billing = new BillingLog(directory);
  const entry = {
    custom_id: "a",
    batch_id: "batch_1",
    endpoint: "/v1/responses",
    model: "m",
    usage: { input_tokens: 1, output_tokens: 2 },
    request: "h",
  };
  billing.append([entry]);
  await appendFile(join(directory, "billing.jsonl"), JSON.stringify(entry).slice(0, 30));
  billing.append([entry, entry]);
  expect(await billing.totals()).toEqual({ requests: 3, input_tokens: 3, output_tokens: 6, distinct: 1, live: 0 });
  expect(await billing.countOf("batch_1")).toBe(3);
});

test("what a killed process left half written is swept away, what a live one writes is not", async () => {
  const directory = await temporaryDirectory();
  const dead = spawn(process.execPath, ["--eval", "0"]);
  await once(dead, "exit");
  await mkdir(join(directory, "files"), { recursive: true });
  await writeFile(join(directory, "files", `file-a.bin.${dead.pid}-0.tmp`), "half");
  await writeFile(join(directory, "files", `file-b.bin.${process.pid}-99.tmp`), "half");
  await startForTest({ directory });
  expect(await readdir(join(directory, "files"))).toEqual([`file-b.bin.${process.pid}-99.tmp`]);
});

describe("claims", () => {
  test("are held by one while it lives", async () => {
    const directory = await temporaryDirectory();
    const [first, second] = [new Claims(directory, enlist("one")), new Claims(directory, enlist("two"))];
    expect(first.take("batch_a")).toBe(true);
    expect(second.take("batch_a")).toBe(false);
    expect(first.take("batch_a")).toBe(false);
    expect(second.take("batch_b")).toBe(true);
    first.release("batch_a");
    expect(second.take("batch_a")).toBe(true);
    retire("two");
    expect(first.take("batch_a")).toBe(true);
    expect(first.take("batch_b")).toBe(true);
  });

  test("of a process whose number a later one got are not held", async () => {
    const directory = await temporaryDirectory();
    const self = enlist("three");
    new Claims(directory, { ...self, startedTicks: (self.startedTicks ?? 1) - 1 }).take("batch_a");
    expect(new Claims(directory, self).take("batch_a")).toBe(self.startedTicks !== null);
  });
});
