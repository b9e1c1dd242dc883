import { describe, expect, test } from "vitest";
import { findDirectives } from "../../src/emulator/directives.ts";
import { answersOf, emulatorPage, line, resultLines, runBatch, startForTest } from "./support.ts";

const model = "gpt-5-mini";
const user = (content: string) => [{ role: "user" as const, content }];

test("findDirectives reads names, statuses and times, in order", () => {
  expect(findDirectives("no [[directive]]")).toEqual([]);
  expect(findDirectives("a [[emulator:status=429,times=2]] b [[emulator:refuse]]")).toEqual([
    { name: "status", status: 429, times: 2 },
    { name: "refuse", status: Number.NaN, times: Number.POSITIVE_INFINITY },
  ]);
});

test.for(["nonsense", "status", "status=200", "status=4290", "refuse=3", "status=500,times=x", ""])(
  "an unknown directive is refused: %s",
  (text) => {
    expect(() => findDirectives(`[[emulator:${text}]]`)).toThrow(`Unknown emulator directive '${text}'`);
  },
);

describe("live", () => {
  test("refusal, content filter and invalid answers", async () => {
    const { client } = await startForTest();
    const ask = async (text: string, more = {}) =>
      (await client.chat.completions.create({ model, messages: user(text), ...more })).choices[0];
    expect(await ask("[[emulator:refuse]]")).toMatchObject({
      finish_reason: "stop",
      message: { content: null, refusal: expect.stringContaining("sorry") },
    });
    expect(await ask("[[emulator:content_filter]]")).toMatchObject({ finish_reason: "content_filter" });
    const response_format = { type: "json_schema", json_schema: { name: "s", schema: { type: "object" } } };
    const invalid = await ask("[[emulator:invalid_answer]]", { response_format });
    expect(() => JSON.parse(invalid?.message.content ?? "")).toThrow();
  });

  test("only the user's text counts", async () => {
    const { client } = await startForTest();
    const messages = [{ role: "system" as const, content: "[[emulator:refuse]]" }, ...user("x")];
    const completion = await client.chat.completions.create({ model, messages });
    expect(completion.choices[0]?.message.refusal).toBeNull();
  });

  test("a status for the first attempts only, counted over restarts, is not billed", async () => {
    const { client, emulator, directory } = await startForTest();
    const messages = user("[[emulator:status=429,times=2]]");
    const ask = (asked: typeof client) => asked.chat.completions.create({ model, messages });
    await expect(ask(client)).rejects.toMatchObject({ status: 429, code: "rate_limit_exceeded" });
    await emulator.close();
    const second = await startForTest({ directory });
    await expect(ask(second.client)).rejects.toMatchObject({ status: 429 });
    expect((await ask(second.client)).choices).toHaveLength(1);
    expect(await emulatorPage(second.emulator.url, "billing")).toMatchObject({ requests: 1 });
  });

  test("a lost answer is billed all the same", async () => {
    const { client, emulator } = await startForTest();
    const asked = client.chat.completions.create({ model, messages: user("[[emulator:lose]]") });
    await expect(asked).rejects.toThrow("Connection error");
    expect(await emulatorPage(emulator.url, "billing")).toMatchObject({ requests: 1 });
  });
});

describe("in a batch", () => {
  test("a status for the first attempts at a body, in whatever batch", async () => {
    const { client } = await startForTest();
    const input = line("a", "[[emulator:status=503,times=2]]");
    for (const attempt of [1, 2]) {
      const batch = await runBatch(client, input);
      expect(await resultLines(client, batch.error_file_id), `attempt ${attempt}`).toMatchObject([
        { response: { status_code: 503, body: { error: { code: "server_is_overloaded" } } } },
      ]);
    }
    expect(await answersOf(client, await runBatch(client, input))).toHaveLength(1);
  });

  test("status 0, corrupt and lost lines", async () => {
    const { client, emulator } = await startForTest();
    const zero = line("zero", "[[emulator:status=0]]");
    const lost = line("lost", "[[emulator:lose]]");
    const batch = await runBatch(client, [zero, lost, line("good")].join("\n"));
    expect(await resultLines(client, batch.error_file_id)).toMatchObject([
      { custom_id: "zero", response: { status_code: 0, request_id: "", body: {} }, error: null },
    ]);
    expect((await answersOf(client, batch)).map(([id]) => id)).toEqual(["good"]);
    const corrupt = await runBatch(client, line("corrupt", "[[emulator:corrupt]]"));
    const text = await (await client.files.content(corrupt.output_file_id ?? "")).text();
    expect(text).toMatch(/^\{.*"corrupt".*\n$/);
    expect(() => JSON.parse(text)).toThrow();
    expect(await emulatorPage(emulator.url, "billing")).toMatchObject({ requests: 3 });
  });

  test("an unknown directive fails its line", async () => {
    const { client } = await startForTest();
    const batch = await runBatch(client, line("a", "[[emulator:explode]]"));
    expect(await resultLines(client, batch.error_file_id)).toMatchObject([
      { response: { status_code: 400, body: { error: { code: "unknown_emulator_directive" } } } },
    ]);
  });
});
