import { type AddressInfo, createServer, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { createStreamingFetch, streamingFetch } from "../../../src/providers/openai-compatible/streaming-fetch.ts";
import { turn } from "../../support/virtual-clock.ts";
import { drop, errorOf, json, serve } from "./loopback.ts";

const PIECE = Buffer.alloc(1 << 16, "x");

/** A body of so many pieces, and how many were taken of it. */
function bodyOf(pieces: number) {
  const body = { taken: 0, isCancelled: false, stream: new ReadableStream() };
  body.stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (body.taken === pieces) return controller.close();
        body.taken++;
        await turn();
        controller.enqueue(PIECE);
      },
      cancel: () => {
        body.isCancelled = true;
      },
    },
    { highWaterMark: 1 },
  );
  return body;
}

function post(url: string, body: ReadableStream, init: RequestInit = {}): Promise<Response> {
  return streamingFetch(url, { method: "POST", body, duplex: "half", ...init } as RequestInit);
}

describe("streamingFetch", () => {
  test("sends a stream as it is, with its headers", async () => {
    const { url } = await serve((request, response) => {
      let bytes = 0;
      request.on("data", (piece) => (bytes += piece.length));
      request.on("end", () => json(response, { bytes, header: request.headers["x-test"] }, 201));
    });
    const response = await post(url, bodyOf(20).stream, { headers: { "x-test": "yes" } });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ bytes: 20 * PIECE.length, header: "yes" });
  });

  test("reads no further ahead than the other side takes", async () => {
    const { url } = await serve(() => {});
    const body = bodyOf(2_000);
    const stop = new AbortController();
    const sending = errorOf(post(url, body.stream, { signal: stop.signal }));
    for (let still = 0, last = -1; still < 200; still++) {
      await turn();
      if (body.taken !== last) still = 0;
      last = body.taken;
    }
    expect(body.taken).toBeLessThan(1_000);
    stop.abort();
    await sending;
  });

  test("an answer that comes before the upload was read counts", async () => {
    const { url } = await serve((_, response) => json(response, { error: { message: "no" } }, 401));
    const response = await post(url, bodyOf(200).stream);
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ error: { message: "no" } });
  });

  test("a connection that breaks in the middle is a failure, and the body is let go", async () => {
    const { url } = await serve((request) => request.once("data", () => drop(request)));
    const body = bodyOf(2_000);
    await errorOf(post(url, body.stream));
    for (let turns = 0; turns < 50 && !body.isCancelled; turns++) await turn();
    expect(body.isCancelled).toBe(true);
  });

  test("a body that fails fails the call", async () => {
    const { url } = await serve((request) => void request.resume());
    const stream = new ReadableStream({
      pull() {
        throw new Error("the disk failed");
      },
    });
    expect((await errorOf(post(url, stream))).message).toBe("the disk failed");
  });

  test("nobody there is a failure", async () => {
    await errorOf(post("http://127.0.0.1:1/v1", bodyOf(1).stream));
  });

  test("anything but a stream goes the usual way", async () => {
    const { url } = await serve((request, response) => json(response, { method: request.method }));
    expect(await (await streamingFetch(url)).json()).toEqual({ method: "GET" });
    expect(await (await streamingFetch(url, { method: "POST", body: "{}" })).json()).toEqual({ method: "POST" });
  });

  test("a connection that does not come about is given up soon, as one that was not made", async () => {
    // Whoever speaks TLS to this server waits for its part of it.
    const silent = createServer((socket) => sockets.push(socket));
    const sockets: Socket[] = [];
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const upload = createStreamingFetch({ connectMs: 50, idleMs: 60_000 });
    const url = `https://127.0.0.1:${(silent.address() as AddressInfo).port}/v1/files`;
    const error = await errorOf(upload(url, { method: "POST", body: bodyOf(2).stream, duplex: "half" } as RequestInit));
    expect(error).toMatchObject({ message: "no connection within 0.05 s", syscall: "connect" });
  });

  test.each([
    ["that nobody takes", 2_000],
    ["that nobody answers", 1],
  ])("an upload %s is given up", async (_, pieces) => {
    const { url } = await serve((request) => (pieces === 1 ? request.resume() : undefined));
    const upload = createStreamingFetch({ connectMs: 60_000, idleMs: 100 });
    const body = bodyOf(pieces).stream;
    const error = await errorOf(upload(url, { method: "POST", body, duplex: "half" } as RequestInit));
    expect(error.message).toBe("nothing moved for 0.1 s");
  });

  test("a redirection is followed for a file's content only", async () => {
    const { url, arrivals } = await serve((request, response) => {
      if (request.url?.startsWith("/v1/new")) json(response, { key: request.headers.authorization ?? null });
      else response.writeHead(307, { location: "/v1/new" }).end();
    });
    const init = { headers: { authorization: "Bearer x" } };
    expect((await streamingFetch(`${url}/files/f/content`, init)).status).toBe(200);
    const content = await streamingFetch(`${url}/files/f/content`, init);
    expect(await content.json()).toEqual({ key: "Bearer x" });
    arrivals.length = 0;
    for (const method of ["GET", "POST", "DELETE"]) {
      expect((await streamingFetch(`${url}/batches`, { ...init, method })).status).toBe(307);
    }
    expect(arrivals).toHaveLength(3);
  });
});
