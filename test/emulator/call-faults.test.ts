import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { FaultRates } from "../../src/emulator/faults.ts";
import {
  createBatch,
  emulatorPage,
  line,
  lines,
  ManualClock,
  runBatch,
  startForTest,
  startWithFaults,
  untilEnded,
  upload,
} from "./support.ts";

/** Two emulators on one directory: one with faults, and one to look what it did. */
async function startPair(rates: FaultRates, clock?: ManualClock) {
  const quiet = await startForTest(clock && { clock });
  const faulty = await startWithFaults(rates, { directory: quiet.directory, ...(clock && { clock }) });
  return { quiet, faulty };
}

describe("answered without the work", () => {
  const answers = [
    { fault: "rate_limit", status: 429, code: "rate_limit_exceeded" },
    { fault: "server_error", status: 500, code: "server_error" },
    { fault: "overloaded", status: 503, code: "server_is_overloaded" },
  ] as const;
  test.for(answers)("$fault", async ({ fault, status, code }) => {
    const { quiet, faulty } = await startPair({ [fault]: 1 });
    const large = lines(1).padEnd(5_000_000);
    await expect(upload(faulty.client, large)).rejects.toMatchObject({ status, code });
    await expect(faulty.client.batches.list()).rejects.toMatchObject({ status, code });
    await expect(faulty.client.chat.completions.create({ model: "m", messages: [] })).rejects.toMatchObject({ status });
    expect((await quiet.client.files.list()).data).toEqual([]);
    expect(await emulatorPage(faulty.emulator.url, "faults")).toEqual({ [fault]: 3 });
    expect(await emulatorPage(faulty.emulator.url, "calls")).toMatchObject({ "POST /v1/files": 1 });
  });

  test("rate_limit says when to come again", async () => {
    const { faulty } = await startPair({ rate_limit: 1 });
    const { headers } = await fetch(`${faulty.emulator.url}/batches`);
    expect(Number(headers.get("retry-after-ms"))).toBeGreaterThan(0);
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
  });

  test("bad_gateway answers with a page", async () => {
    const { faulty } = await startPair({ bad_gateway: 1 });
    const response = await fetch(`${faulty.emulator.url}/batches`);
    expect([response.status, response.headers.get("content-type")]).toEqual([502, "text/html"]);
    expect(await response.text()).toMatch(/^<html>[\s\S]*502 Bad Gateway/);
  });

  test("reset_before cuts the connection in the middle of an upload", async () => {
    const { quiet, faulty } = await startPair({ reset_before: 1 });
    const large = lines(1).padEnd(20_000_000);
    await expect(upload(faulty.client, large)).rejects.toThrow("Connection error");
    await expect(faulty.client.batches.list()).rejects.toThrow("Connection error");
    await delay(20);
    expect((await quiet.client.files.list()).data).toEqual([]);
    expect(await emulatorPage(quiet.emulator.url, "faults")).toEqual({ reset_before: 2 });
  });
});

describe("after the work", () => {
  test("reset_after leaves a file, a batch and a bill behind", async () => {
    const { quiet, faulty } = await startPair({ reset_after: 1 });
    await expect(upload(faulty.client, lines(3))).rejects.toThrow("Connection error");
    const [file] = (await quiet.client.files.list()).data;
    expect(file?.bytes).toBe(lines(3).length);
    const request = {
      input_file_id: file?.id ?? "",
      endpoint: "/v1/chat/completions",
      completion_window: "24h",
    } as const;
    await expect(faulty.client.batches.create(request)).rejects.toThrow("Connection error");
    const [batch] = (await quiet.client.batches.list()).data;
    expect((await untilEnded(quiet.client, batch?.id ?? "")).status).toBe("completed");
    const messages = [{ role: "user" as const, content: "live" }];
    await expect(faulty.client.chat.completions.create({ model: "m", messages })).rejects.toThrow("Connection error");
    expect(await emulatorPage(quiet.emulator.url, "billing")).toMatchObject({ requests: 4 });
  });

  test("hang sends no headers until its time is over, and cuts the connection then", async () => {
    const clock = new ManualClock();
    const { quiet, faulty } = await startPair({ hang: 1 }, clock);
    const { id } = await upload(quiet.client, lines(1));
    let isOver = false;
    const request = { input_file_id: id, endpoint: "/v1/chat/completions", completion_window: "24h" } as const;
    const asked = faulty.client.batches.create(request).finally(() => {
      isOver = true;
    });
    const refused = expect(asked).rejects.toThrow("Connection error");
    while ((await quiet.client.batches.list()).data.length === 0) await delay(1);
    expect(isOver).toBe(false);
    while (!isOver) {
      clock.advance(0.05);
      await delay(1);
    }
    await refused;
    expect((await quiet.client.batches.list()).data).toHaveLength(1);
  });

  test("a client that gives up waiting is not held on to, nor is one by an emulator that closes", async () => {
    const clock = new ManualClock();
    const { faulty } = await startPair({ hang: 1 }, clock);
    const ask = (timeout: number) => faulty.client.batches.list({}, { timeout });
    await expect(ask(20)).rejects.toThrow("timed out");
    const asked = expect(ask(60_000)).rejects.toThrow("Connection error");
    while (((await emulatorPage(faulty.emulator.url, "faults")).hang ?? 0) < 2) await delay(1);
    await faulty.emulator.close();
    await asked;
  });
});

describe("the content of a file", () => {
  const content = lines(200);

  async function download(rates: FaultRates, clock?: ManualClock) {
    const { quiet, faulty } = await startPair(rates, clock);
    const { id } = await upload(quiet.client, content);
    const response = await fetch(`${faulty.emulator.url}/files/${id}/content`);
    return { response, faulty, id, declared: response.headers.get("content-length") };
  }

  test("body_cut breaks off in the middle of what was declared", async () => {
    const { response, declared } = await download({ body_cut: 1 });
    expect(declared).toBe(String(content.length));
    await expect(response.text()).rejects.toThrow("terminated");
  });

  test("body_short ends properly, and is half of it", async () => {
    const { response, declared, faulty, id } = await download({ body_short: 1 });
    expect(declared).toBeNull();
    expect(await response.text()).toBe(content.slice(0, content.length >> 1));
    expect((await faulty.client.files.retrieve(id)).bytes).toBe(content.length);
  });

  test("body_drip comes whole, in pieces", async () => {
    const { response, declared } = await download({ body_drip: 1 });
    expect(declared).toBe(String(content.length));
    const pieces: Buffer[] = [];
    for await (const piece of response.body ?? []) pieces.push(Buffer.from(piece));
    expect(pieces.length).toBeGreaterThan(2);
    expect(Buffer.concat(pieces).toString()).toBe(content);
  });

  test("body_hang stops in the middle, and breaks off when its time is over", async () => {
    const clock = new ManualClock();
    const { response, declared } = await download({ body_hang: 1 }, clock);
    expect(declared).toBe(String(content.length));
    let received = 0;
    const reading = (async () => {
      for await (const piece of response.body ?? []) received += piece.length;
    })();
    const broken = expect(reading).rejects.toThrow("terminated");
    while (received < content.length >> 1) await delay(1);
    await delay(5);
    expect(received).toBe(content.length >> 1);
    clock.advance(0.05);
    await broken;
  });

  test("no other call is befallen, and one for no file is not counted", async () => {
    const { faulty } = await startPair({ body_cut: 1, body_short: 1, body_drip: 1, body_hang: 1 });
    expect((await upload(faulty.client, "{}")).bytes).toBe(2);
    await expect(faulty.client.files.content("file-nobodys")).rejects.toMatchObject({ status: 404 });
    expect(await emulatorPage(faulty.emulator.url, "faults")).toEqual({});
  });
});

describe("lag", () => {
  test("hides a new batch from lists and look-ups for a while", async () => {
    const clock = new ManualClock();
    const { client, emulator } = await startWithFaults({ lag: 1 }, { clock });
    const { id } = await createBatch(client, lines(1));
    await expect(client.batches.retrieve(id)).rejects.toMatchObject({ status: 404 });
    await expect(client.batches.cancel(id)).rejects.toMatchObject({ status: 404 });
    expect((await client.batches.list()).data).toEqual([]);
    clock.advance(0.05);
    expect((await client.batches.list()).data).toMatchObject([{ id }]);
    expect((await untilEnded(client, id)).status).toBe("completed");
    expect(await emulatorPage(emulator.url, "faults")).toEqual({ lag: 2 });
  });

  test("hides a new file from the list, but not from who knows its id", async () => {
    const clock = new ManualClock();
    const { client } = await startWithFaults({ lag: 1 }, { clock });
    const file = await upload(client, lines(1));
    expect((await client.files.list()).data).toEqual([]);
    expect(await client.files.retrieve(file.id)).toEqual(file);
    expect(await (await client.files.content(file.id)).text()).toBe(lines(1));
    clock.advance(0.05);
    expect((await client.files.list()).data).toEqual([file]);
  });

  test("leaves whole pages of what is not hidden", async () => {
    const clock = new ManualClock();
    const { quiet, faulty } = await startPair({ lag: 1 }, clock);
    const shown: string[] = [];
    for (let count = 0; count < 4; count++) {
      shown.unshift((await createBatch(quiet.client, lines(1))).id);
      await createBatch(faulty.client, lines(1));
    }
    const listed: string[] = [];
    for await (const { id } of quiet.client.batches.list({ limit: 2 })) listed.push(id);
    expect(listed).toEqual(shown);
  });
});

test("the same calls meet the same faults on another directory, and go on where they were after a restart", async () => {
  const outcomes = async (directories: readonly (string | undefined)[]) => {
    const found: (number | string)[] = [];
    for (const directory of directories) {
      const options = directory === undefined ? {} : { directory };
      const { emulator } = await startWithFaults({ rate_limit: 0.3, bad_gateway: 0.3 }, options);
      for (let call = 0; call < 30 / directories.length; call++) {
        found.push((await fetch(`${emulator.url}/batches`)).status);
      }
      await emulator.close();
    }
    return found;
  };
  const { directory } = await startForTest();
  const undisturbed = await outcomes([undefined]);
  expect(new Set(undisturbed)).toEqual(new Set([200, 429, 502]));
  expect(await outcomes([directory, directory, directory])).toEqual(undisturbed);
});

describe("credit", () => {
  test("refuses a batch when so many requests were answered, and nothing before", async () => {
    const { client, emulator } = await startForTest({ credit: 3 });
    expect((await runBatch(client, lines(2))).status).toBe("completed");
    expect((await runBatch(client, lines(2))).status).toBe("completed");
    const refused = createBatch(client, line("late"));
    await expect(refused).rejects.toMatchObject({
      status: 429,
      code: "insufficient_quota",
      type: "insufficient_quota",
    });
    expect(await emulatorPage(emulator.url, "faults")).toEqual({ insufficient_quota: 1 });
    expect(await emulatorPage(emulator.url, "billing")).toMatchObject({ requests: 4 });
  });

  test("of nothing refuses the first", async () => {
    const { client } = await startForTest({ credit: 0 });
    await expect(createBatch(client, line("a"))).rejects.toMatchObject({ code: "insufficient_quota" });
  });
});
