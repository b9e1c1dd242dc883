import { describe, expect, test } from "vitest";
import { ProviderError } from "../../../src/providers/provider-error.ts";
import { API_KEY, drop, errorOf, fileWith, json, providerAt, serve, textOf, wireBatch } from "./loopback.ts";

const REQUEST = { inputFileId: "file-1", endpoint: "/v1/chat/completions", chunkName: "c1" };
const ANY_TIME = { createdSince: 0, exceptId: null };

describe("calls that create something are made once", () => {
  test.each([
    ["drops the connection", (request: Parameters<typeof drop>[0]) => drop(request)],
    ["answers 500", (_: unknown, response: Parameters<typeof json>[0]) => json(response, { error: {} }, 500)],
    ["answers 429", (_: unknown, response: Parameters<typeof json>[0]) => json(response, { error: {} }, 429)],
    ["answers 409", (_: unknown, response: Parameters<typeof json>[0]) => json(response, { error: {} }, 409)],
    ["answers nonsense", (_: unknown, response: Parameters<typeof json>[0]) => json(response, { ok: true })],
  ])("when the server %s", async (_, handler) => {
    const { url, arrivals } = await serve((request, response) =>
      request.resume().on("end", () => handler(request, response)),
    );
    const provider = providerAt(url);
    expect(await errorOf(provider.createBatch(REQUEST))).toBeInstanceOf(ProviderError);
    expect(arrivals).toEqual([{ method: "POST", url: "/v1/batches" }]);
    expect(await errorOf(provider.upload(fileWith("{}\n"), "x.jsonl"))).toBeInstanceOf(ProviderError);
    expect(arrivals.filter((arrival) => arrival.url === "/v1/files")).toHaveLength(1);
  });

  test("a reply that breaks off is unclear, not a refusal", async () => {
    const { url } = await serve((request, response) => {
      request.resume().on("end", () => {
        response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
        response.write('{"id":"batch_1",', () => drop(request));
      });
    });
    expect(await errorOf(providerAt(url).createBatch(REQUEST))).toMatchObject({ kind: "unavailable" });
  });
});

describe("the way of a batch", () => {
  test("upload sends the file under its name; create says what it is for", async () => {
    const bodies: string[] = [];
    const { url } = await serve(async (request, response) => {
      bodies.push(await textOf(request));
      const isAuthorised = request.headers.authorization === `Bearer ${API_KEY}`;
      json(response, request.url === "/v1/files" ? { id: "file-1" } : wireBatch(), isAuthorised ? 200 : 401);
    });
    const provider = providerAt(url);
    expect(provider.wasReached).toBe(false);
    expect(await provider.upload(fileWith('{"a":"流"}\n'), "bg-pipe-c1.jsonl")).toBe("file-1");
    expect(provider.wasReached).toBe(true);
    expect(bodies[0]).toContain('filename="bg-pipe-c1.jsonl"');
    expect(bodies[0]).toContain('{"a":"流"}\n');
    expect(await provider.createBatch(REQUEST)).toMatchObject({ id: "batch_1" });
    expect(JSON.parse(bodies[1] ?? "")).toEqual({
      input_file_id: "file-1",
      endpoint: "/v1/chat/completions",
      completion_window: "24h",
      metadata: { bg_pipe_chunk: "c1" },
    });
  });

  test("reading calls repeat themselves, once the provider was reached", async () => {
    let failures = 0;
    const { url, arrivals } = await serve((request, response) => {
      if (failures-- > 0) drop(request);
      else json(response, wireBatch({ status: "Completed" }));
    });
    const provider = providerAt(url);
    await provider.retrieveBatch("batch_1");
    failures = 3;
    expect(await provider.retrieveBatch("a/b?c")).toMatchObject({ status: "completed" });
    expect(arrivals.map((arrival) => arrival.url)).toEqual([
      "/v1/batches/batch_1",
      ...Array(4).fill("/v1/batches/a%2Fb%3Fc"),
    ]);
    failures = 99;
    expect(await errorOf(provider.retrieveBatch("b"))).toMatchObject({ kind: "unavailable" });
  });

  test("an abort is told as what it is, whatever call it meets", async () => {
    const stop = new AbortController();
    const { url } = await serve(() => stop.abort(new Error("SIGINT")));
    const provider = providerAt(url, { signal: stop.signal });
    expect((await errorOf(provider.retrieveBatch("b"))).message).toBe("SIGINT");
  });

  test("no error shows the key", async () => {
    const { url } = await serve((request, response) => {
      json(response, { error: { message: `no such key: ${request.headers.authorization}` } }, 401);
    });
    const error = await errorOf(providerAt(url).retrieveBatch("b"));
    expect(error).toMatchObject({ kind: "key_refused" });
    expect(`${error.message}${error.hint}${error.stack}`).not.toContain(API_KEY);
  });
});

describe("finding what a lost reply has made", () => {
  const named = (id: string, chunk: string, fields: Record<string, unknown> = {}) =>
    wireBatch({ id, metadata: { bg_pipe_chunk: chunk }, ...fields });

  test("pages through the list by after, as OpenAI does", async () => {
    const { url, arrivals } = await serve((request, response) => {
      const isFirst = !request.url?.includes("after=");
      json(
        response,
        isFirst ? { data: [named("b1", "x")], has_more: true, last_id: "b1" } : { data: [named("b2", "c1")] },
      );
    });
    expect(await providerAt(url).findBatch("c1", ANY_TIME)).toMatchObject({ id: "b2" });
    expect(arrivals.map((arrival) => arrival.url)).toEqual(["/v1/batches?limit=100", "/v1/batches?limit=100&after=b1"]);
  });

  test("by cursor, as Groq does", async () => {
    const { url } = await serve((request, response) => {
      const isFirst = !request.url?.includes("cursor=next");
      json(response, isFirst ? { data: [], paging: { next_cursor: "next" } } : { data: [named("b2", "c1")] });
    });
    expect(await providerAt(url).findBatch("c1", ANY_TIME)).toMatchObject({ id: "b2" });
  });

  test("stops at batches that are too old, and overlooks failed ones and the one it knows", async () => {
    const { url, arrivals } = await serve((_, response) => {
      const data = [
        named("known", "c1"),
        named("failed", "c1", { status: "failed" }),
        named("no metadata", "x", { metadata: null }),
        named("old", "x", { created_at: 1_000 }),
        named("older", "c1", { created_at: 999 }),
      ];
      json(response, { data, has_more: true, last_id: "older" });
    });
    const range = { createdSince: 2_000, exceptId: "known" };
    expect(await providerAt(url).findBatch("c1", range)).toBeUndefined();
    expect(arrivals).toHaveLength(1);
    expect(await providerAt(url).findBatch("c1", { ...range, exceptId: null })).toMatchObject({ id: "known" });
  });

  test("a list that never ends is given up", async () => {
    const { url, arrivals } = await serve((_, response) => {
      json(response, { data: [named("b", "x")], has_more: true, last_id: "b" });
    });
    expect(await providerAt(url).findBatch("c1", ANY_TIME)).toBeUndefined();
    expect(arrivals.length).toBeLessThanOrEqual(50);
  });

  test("an upload by its file name", async () => {
    const { url } = await serve((_, response) => {
      json(response, {
        data: [
          { id: "f1", filename: "other" },
          { id: "f2", filename: "mine.jsonl" },
        ],
      });
    });
    expect(await providerAt(url).findUpload("mine.jsonl")).toBe("f2");
    expect(await providerAt(url).findUpload("none")).toBeUndefined();
  });

  test("an entry that is no batch or file is none of ours", async () => {
    const { url } = await serve((_, response) => json(response, { data: [{ object: "something else" }] }));
    expect(await providerAt(url).findBatch("c1", ANY_TIME)).toBeUndefined();
    expect(await providerAt(url).findUpload("x")).toBeUndefined();
  });

  test("an answer that is no list is a provider's error like any other", async () => {
    const { url } = await serve((_, response) => json(response, { object: "something else" }));
    expect(await errorOf(providerAt(url).findBatch("c1", ANY_TIME))).toBeInstanceOf(ProviderError);
  });
});
