import { once } from "node:events";
import { expect, test } from "vitest";
import { pooledPost } from "../../../src/providers/openai-compatible/pooled-post.ts";
import { deadAddress, drop, errorOf, json, serve } from "./loopback.ts";

const BODY = Buffer.from('{"model":"ä"}');

test("the bytes and headers go out as they are, and the answer comes back whole", async () => {
  const { url } = await serve(async (request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    await once(request, "end");
    response.setHeader("x-limit", ["1", "2"]);
    json(response, { got: Buffer.concat(parts).toString(), key: request.headers.authorization }, 429);
  });
  const response = await pooledPost(new URL(url), { headers: { authorization: "Bearer k" } }, BODY);
  expect([response.status, response.headers.get("x-limit")]).toEqual([429, "1, 2"]);
  expect(await response.json()).toEqual({ got: '{"model":"ä"}', key: "Bearer k" });
});

test("connections are used again, one after the other", async () => {
  const ports = new Set<number | undefined>();
  const { url } = await serve((request, response) => {
    ports.add(request.socket.remotePort);
    json(response, {});
  });
  for (let count = 0; count < 5; count++) await (await pooledPost(new URL(url), {}, BODY)).text();
  expect(ports.size).toBe(1);
});

test("an answer without a body is one", async () => {
  const { url } = await serve((_, response) => response.writeHead(204).end());
  expect((await pooledPost(new URL(url), {}, BODY)).status).toBe(204);
});

test("no connection, a lost one, an answer cut short and an abort are errors", async () => {
  expect(await errorOf(pooledPost(new URL(await deadAddress()), {}, BODY))).toMatchObject({ syscall: "connect" });
  const dropping = await serve(drop);
  expect(await errorOf(pooledPost(new URL(dropping.url), {}, BODY))).toMatchObject({ code: "ECONNRESET" });
  const cutting = await serve((request, response) => {
    response.writeHead(200, { "content-length": "100" }).write("{");
    setImmediate(() => request.socket.destroy());
  });
  expect(await errorOf(pooledPost(new URL(cutting.url), {}, BODY))).toBeInstanceOf(Error);
  const holding = await serve(() => {});
  const stop = new AbortController();
  const held = errorOf(pooledPost(new URL(holding.url), { signal: stop.signal }, BODY));
  stop.abort();
  expect(await held).toMatchObject({ name: "AbortError" });
});
