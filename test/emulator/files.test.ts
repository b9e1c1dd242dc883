import { createReadStream } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import OpenAI, { toFile } from "openai";
import { describe, expect, test } from "vitest";
import {
  clientOf,
  lines,
  ManualClock,
  resultLines,
  runBatch,
  startForTest,
  temporaryDirectory,
  untilEnded,
  upload,
} from "./support.ts";

describe("files", () => {
  test("come back as they went", async () => {
    const { client } = await startForTest();
    const content = '{"a": "é\u2028"}\n';
    const file = await upload(client, content);
    expect(file).toMatchObject({
      object: "file",
      bytes: Buffer.byteLength(content),
      purpose: "batch",
      status: "processed",
    });
    expect(file.filename).toBe("input.jsonl");
    expect(await client.files.retrieve(file.id)).toEqual(file);
    const response = await client.files.content(file.id);
    expect(response.headers.get("content-length")).toBe(String(file.bytes));
    expect(await response.text()).toBe(content);
  });

  test("are uploaded and downloaded in streams, whatever their size", { timeout: 60_000 }, async () => {
    const { client } = await startForTest();
    const path = join(await temporaryDirectory(), "big.jsonl");
    const text = `${JSON.stringify({ text: "x".repeat(1000) })}\n`.repeat(30_000);
    await writeFile(path, text);
    const before = process.memoryUsage.rss();
    const file = await client.files.create({ file: createReadStream(path), purpose: "batch" });
    const grown = process.memoryUsage.rss() - before;
    process.stderr.write(`30 MB upload: RSS of client and emulator grew by ${Math.round(grown / 1e6)} MB\n`);
    expect(file.bytes).toBe(text.length);
    expect((await (await client.files.content(file.id)).text()) === text).toBe(true);
  });

  test("are listed newest first, by purpose, in pages", async () => {
    const { client } = await startForTest();
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) ids.push((await upload(client, "{}")).id);
    const other = await upload(client, "x", "user_data");
    const newestFirst = ids.toReversed();
    const listed: string[] = [];
    for await (const file of client.files.list({ purpose: "batch", limit: 2 })) listed.push(file.id);
    expect(listed).toEqual(newestFirst);
    const ascending = await client.files.list({ order: "asc", limit: 3 });
    expect(ascending.data.map((file) => file.id)).toEqual(ids.slice(0, 3));
    expect(ascending.has_more).toBe(true);
    const rest = await client.files.list({ order: "asc", after: ids[2] ?? "" });
    expect(rest.data.map((file) => file.id)).toEqual([...ids.slice(3), other.id]);
    expect(rest.has_more).toBe(false);
  });

  test("can be deleted", async () => {
    const { client, directory } = await startForTest();
    const file = await upload(client, "{}");
    expect(await client.files.delete(file.id)).toEqual({ id: file.id, object: "file", deleted: true });
    await expect(client.files.content(file.id)).rejects.toThrow(OpenAI.NotFoundError);
    await expect(client.files.delete(file.id)).rejects.toThrow("No such File object");
    expect(await readdir(join(directory, "files"))).toEqual([]);
  });

  test("expire when they are told to", async () => {
    const clock = new ManualClock();
    const { client } = await startForTest({ clock });
    const expires_after = { anchor: "created_at", seconds: 3600 } as const;
    const file = await client.files.create({
      file: await toFile(Buffer.from("{}"), "a.jsonl"),
      purpose: "batch",
      expires_after,
    });
    expect(file.expires_at).toBe(file.created_at + 3600);
    clock.advance(3599);
    expect((await client.files.retrieve(file.id)).id).toBe(file.id);
    clock.advance(1);
    await expect(client.files.retrieve(file.id)).rejects.toThrow(OpenAI.NotFoundError);
    await expect(client.files.content(file.id)).rejects.toThrow(OpenAI.NotFoundError);
    await expect(client.files.delete(file.id)).rejects.toThrow(OpenAI.NotFoundError);
    expect((await client.files.list()).data).toEqual([]);
  });

  test("of a batch expire too: the input before it is read, the output when its time is over", async () => {
    const clock = new ManualClock();
    const { client } = await startForTest({ clock });
    const file = await upload(client, lines(1));
    clock.advance(30 * 24 * 3600);
    const request = { input_file_id: file.id, endpoint: "/v1/chat/completions", completion_window: "24h" } as const;
    const late = await untilEnded(client, (await client.batches.create(request)).id);
    expect(late.errors?.data).toMatchObject([{ message: expect.stringContaining(`Cannot find file ${file.id}`) }]);
    const batch = await runBatch(client, lines(1), { output_expires_after: { anchor: "created_at", seconds: 3600 } });
    expect(await resultLines(client, batch.output_file_id)).toHaveLength(1);
    clock.advance(3600);
    await expect(client.files.content(batch.output_file_id ?? "")).rejects.toThrow(OpenAI.NotFoundError);
  });

  test("keep clear of the rest of the disk", async () => {
    const { emulator } = await startForTest();
    const response = await fetch(`${emulator.url}/files/..%2F..%2Fetc%2Fpasswd/content`);
    expect(response.status).toBe(404);
  });
});

describe("an upload is refused", () => {
  const refusals = [
    { name: "when empty", content: "", file: "a.jsonl", message: "File is empty" },
    { name: "with another suffix", content: "{}", file: "a.csv", message: "Invalid file format" },
    { name: "when it is no JSON at all", content: "a,b\n1,2\n", file: "a.jsonl", message: "Invalid file format" },
    { name: "when too large", content: `{"a":"${"x".repeat(2000)}"}`, file: "a.jsonl", message: "File is too large." },
  ];
  test.for(refusals)("$name", async ({ content, file, message }) => {
    const { client, directory } = await startForTest({ limits: { bytesPerFile: 1000 } });
    const refused = client.files.create({ file: await toFile(Buffer.from(content), file), purpose: "batch" });
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toMatchObject({ status: 400 });
    expect(await readdir(join(directory, "files"))).toEqual([]);
  });

  test("in the middle, so that the client hears why and is not cut off", async () => {
    const { client } = await startForTest({ limits: { bytesPerFile: 100_000 } });
    const refused = upload(client, Buffer.alloc(20_000_000, "{"));
    await expect(refused).rejects.toThrow("400 File is too large.");
  });

  test("without a purpose, with one of nobody's, or with half an expiry", async () => {
    const { emulator } = await startForTest();
    const post = async (fields: Record<string, string>) => {
      const form = new FormData();
      form.set("file", new Blob(["{}"]), "a.jsonl");
      for (const [name, value] of Object.entries(fields)) form.set(name, value);
      const response = await fetch(`${emulator.url}/files`, { method: "POST", body: form });
      return { status: response.status, ...((await response.json()) as { error: object }) };
    };
    expect(await post({})).toMatchObject({
      status: 400,
      error: { code: "missing_required_parameter", param: "purpose" },
    });
    expect(await post({ purpose: "fun" })).toMatchObject({
      status: 400,
      error: { code: "invalid_value", param: "purpose" },
    });
    expect(await post({ purpose: "batch", "expires_after[seconds]": "3600" })).toMatchObject({
      status: 400,
      error: { code: "missing_required_parameter", param: "expires_after[anchor]" },
    });
    const expiry = { "expires_after[anchor]": "created_at", "expires_after[seconds]": "60" };
    expect(await post({ purpose: "batch", ...expiry })).toMatchObject({
      status: 400,
      error: { code: "invalid_value" },
    });
  });

  test("without the key, when there is one", async () => {
    const { client, emulator } = await startForTest({ apiKey: "sk-right" });
    await expect(upload(client, "{}")).rejects.toMatchObject({ status: 401, code: "invalid_api_key" });
    const right = new OpenAI({ baseURL: emulator.url, apiKey: "sk-right" });
    expect((await upload(right, "{}")).bytes).toBe(2);
    expect(
      await clientOf(emulator.url)
        .files.list()
        .catch((error: Error) => error.message),
    ).not.toContain("sk-");
  });
});
