import { expect, test } from "vitest";
import type { LiveRequest } from "../../../src/providers/provider.ts";
import { drop, errorOf, json, providerAt, serve, textOf } from "./loopback.ts";

const BODY = '{"model":"m", "big":12345678901234567890,"text":"流\\u0000"}';

function request(changes: Partial<LiveRequest> = {}): LiveRequest {
  const signal = new AbortController().signal;
  return { endpoint: "/v1/chat/completions", bodyText: BODY, timeoutMs: 60_000, signal, ...changes };
}

test("the body goes out byte for byte, and the reply comes back so, with its headers", async () => {
  const bodies: string[] = [];
  const reply = '{\n  "id": 12345678901234567890 }\r\n';
  const { url, arrivals } = await serve(async (incoming, response) => {
    bodies.push(await textOf(incoming));
    response.writeHead(200, { "content-type": "application/json", "x-request-id": "req-1" }).end(reply);
  });
  const found = await providerAt(url).respond(request());
  expect(bodies).toEqual([BODY]);
  expect(arrivals).toEqual([{ method: "POST", url: "/v1/chat/completions" }]);
  expect(found).toMatchObject({ bodyText: reply, requestId: "req-1" });
  expect(found.header("content-type")).toBe("application/json");
});

test.each([
  ["never answers", 0],
  ["stops in the middle", 1],
])("a server that %s: no longer than the limit, and unclear", async (_, parts) => {
  const { url } = await serve((incoming, response) => {
    incoming.resume();
    if (parts > 0) response.writeHead(200, { "content-type": "application/json" }).write('{"id":');
  });
  const error = await errorOf(providerAt(url).respond(request({ timeoutMs: 50 })));
  expect(error).toMatchObject({ kind: "unavailable", isUnsent: false });
  expect(error.message).toMatch(/timed out/i);
});

test("a limit beyond what timers take is none that has passed already", async () => {
  const { url } = await serve((incoming, response) => {
    incoming.resume().on("end", () => setTimeout(() => json(response, { id: "x" }), 20));
  });
  expect(await providerAt(url).respond(request({ timeoutMs: 90 * 86_400_000 }))).toMatchObject({
    bodyText: expect.stringContaining("x"),
  });
});

test.each([false, true])("a signal ends the call, also one that has aborted before: %s", async (isEarly) => {
  const stop = new AbortController();
  if (isEarly) stop.abort(new Error("enough"));
  const { url } = await serve((incoming, response) => {
    incoming.resume();
    response.writeHead(200).write("{");
    stop.abort(new Error("enough"));
  });
  await expect(providerAt(url).respond(request({ signal: stop.signal }))).rejects.toThrow(/^enough$/);
});

test.each([
  ["a page of HTML", 200, "<html>"],
  ["nothing", 200, ""],
])("%s is no answer", async (_, status, text) => {
  const { url } = await serve((incoming, response) => {
    incoming.resume().on("end", () => response.writeHead(status).end(text));
  });
  expect(await errorOf(providerAt(url).respond(request()))).toMatchObject({ kind: "unavailable" });
});

test("it is asked once, whatever happens", async () => {
  const { url, arrivals } = await serve((incoming) => incoming.resume().on("end", () => drop(incoming)));
  expect(await errorOf(providerAt(url).respond(request()))).toMatchObject({ kind: "unavailable" });
  expect(arrivals).toHaveLength(1);
});

test("a refusal without a code is known by its type, as in a batch", async () => {
  const error = { type: "invalid_request_error", code: null, message: "no" };
  const { url } = await serve((incoming, response) =>
    incoming.resume().on("end", () => json(response, { error }, 422)),
  );
  expect(await errorOf(providerAt(url).respond(request()))).toMatchObject({
    kind: "rejected",
    status: 422,
    providerCode: "invalid_request_error",
    providerMessage: "no",
  });
});
