import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { OutputError } from "../../../src/core/errors.ts";
import { silentLogger } from "../../../src/core/logger.ts";
import { Download } from "../../../src/providers/openai-compatible/download.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { eventually, VirtualClock } from "../../support/virtual-clock.ts";
import { drop, EventLog, errorOf, type Handler, json, providerAt, serve, serveBytes, wireBatch } from "./loopback.ts";

const TEXT = `${'{"custom_id":"流"}\n'.repeat(20_000)}`;
const BYTES = Buffer.byteLength(TEXT);

async function download(handler: Handler, toldBytes: number | undefined, clock = new VirtualClock("manual")) {
  const path = join(temporaryDirectory(), "out.jsonl");
  const { url } = await serve(handler);
  const work = fetch(url).then((response) =>
    new Download({ path, clock, log: silentLogger }).save(response, toldBytes),
  );
  return { path, work };
}

describe("a try", () => {
  test.each([BYTES, undefined, 0])("writes the body whole; told: %s bytes", async (told) => {
    const { path, work } = await download((_, response) => void response.end(TEXT), told);
    expect(await work).toBe(BYTES);
    expect(readFileSync(path, "utf8")).toBe(TEXT);
    expect(readdirSync(dirname(path))).toEqual(["out.jsonl"]);
  });

  test.each([
    ["shorter", BYTES + 1],
    ["longer", BYTES - 1],
  ])("a body that is %s than the file is said to be is not taken", async (_, told) => {
    const { path, work } = await download((_, response) => void response.end(TEXT), told);
    const error = await errorOf(work);
    expect(error).toMatchObject({ kind: "unavailable" });
    expect(error.message).toContain(`${BYTES} of ${told} bytes`);
    expect(readdirSync(dirname(path))).toEqual([]);
  });

  test("neither is one that breaks off, with or without a length", async () => {
    for (const headers of [{ "content-length": `${BYTES * 2}` }, undefined]) {
      const { path, work } = await download((request, response) => {
        response.writeHead(200, headers);
        response.write(TEXT, () => drop(request));
      }, undefined);
      expect(await errorOf(work)).toMatchObject({ kind: "unavailable" });
      expect(existsSync(path)).toBe(false);
    }
  });

  test("nor one that ends as it should, but early", async () => {
    for (const told of [BYTES * 2, undefined]) {
      const { path, work } = await download((_, response) => {
        response.write(TEXT);
        response.end('{"custom_id":"b');
      }, told);
      expect(await errorOf(work)).toMatchObject({ kind: "unavailable" });
      expect(existsSync(path)).toBe(false);
    }
  });

  test.each([
    ["too long", BYTES + 1, BYTES],
    ["too short", BYTES - 10, BYTES],
    ["too short, where nothing else is told", BYTES - 10, undefined],
  ])("nor one whose header tells a size that is %s", async (_, length, told) => {
    const path = join(temporaryDirectory(), "out.jsonl");
    const url = await serveBytes(`HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n${TEXT}`);
    const saving = new Download({ path, clock: new VirtualClock("manual"), log: silentLogger });
    const work = fetch(url).then((response) => saving.save(response, told));
    expect(await errorOf(work)).toMatchObject({ kind: "unavailable" });
    expect(existsSync(path)).toBe(false);
  });

  test("a body that brings nothing for a minute is given up, not one that brings a little now and then", async () => {
    const clock = new VirtualClock("manual");
    const pieces: ((text: string) => void)[] = [];
    const { path, work } = await download(
      (_, response) => {
        response.writeHead(200);
        response.write("a");
        pieces.push((text) => response.write(text));
      },
      3,
      clock,
    );
    const outcome = errorOf(work);
    const sizeIs = (size: number) => existsSync(`${path}.part`) && readFileSync(`${path}.part`).length === size;
    const waits = () => clock.sleeperCount > 0;
    await eventually(() => sizeIs(1) && waits(), 1_000_000);
    await clock.advance(59_000);
    pieces[0]?.("b");
    await eventually(() => sizeIs(2) && waits(), 1_000_000);
    await clock.advance(59_000);
    expect(clock.sleeperCount).toBe(1);
    await clock.advance(1_000);
    expect(await outcome).toMatchObject({ kind: "unavailable", message: "nothing came for 60 s" });
    expect(readdirSync(dirname(path))).toEqual([]);
  });

  test("a body that drips is read to its end, however long that takes", async () => {
    const clock = new VirtualClock("manual");
    const { path, work } = await download(
      (_, response) => {
        response.writeHead(200);
        const drip = (left: number) => {
          if (left === 0) return void response.end("\n");
          response.write("a");
          void eventually(() => sizeIs(201 - left), 1_000_000)
            .then(() => clock.advance(50_000))
            .then(() => drip(left - 1));
        };
        drip(200);
      },
      201,
      clock,
    );
    const sizeIs = (size: number) =>
      existsSync(`${path}.part`) && readFileSync(`${path}.part`).length === size && clock.sleeperCount > 0;
    expect(await work).toBe(201);
    expect(clock.elapsedMs).toBe(200 * 50_000);
  });

  test("a body far longer than told is not read to its end", async () => {
    const piece = Buffer.alloc(1 << 20, "x");
    let isLeft = false;
    const { path, work } = await download((request, response) => {
      // Writing on after an error would keep the close from ever being told.
      const write = (error?: Error | null) => {
        if (!isLeft && !error) response.write(piece, write);
      };
      request.socket.once("close", () => (isLeft = true));
      write();
    }, 10);
    expect((await errorOf(work)).message).toContain("far more came than 10 bytes");
    expect(readdirSync(dirname(path))).toEqual([]);
    await eventually(() => isLeft, 1_000_000);
  });

  test.each([
    ["content type", "text/html; charset=utf-8", " page"],
    ["first byte", "application/octet-stream", "<html>page</html>\n"],
    ["first byte, in XML", "application/xml", "<?xml version='1.0'?>\n"],
  ])("a page with status 200 is known by its %s", async (_, type, page) => {
    for (const told of [undefined, page.length]) {
      const { path, work } = await download((_, response) => {
        response.writeHead(200, { "content-type": type }).end(page);
      }, told);
      expect((await errorOf(work)).message).toContain("a web page came");
      expect(readdirSync(dirname(path))).toEqual([]);
    }
  });

  test("the length of a compressed body is not the file's; one that is cut is told by its size", async () => {
    const packed = gzipSync(TEXT);
    const handler =
      (body: Buffer): Handler =>
      (_, response) => {
        response.writeHead(200, { "content-encoding": "gzip", "content-length": `${body.length}` }).end(body);
      };
    expect(await (await download(handler(packed), undefined)).work).toBe(BYTES);
    expect(await (await download(handler(packed), BYTES)).work).toBe(BYTES);
    const cut = await download(handler(packed.subarray(0, packed.length >> 1)), BYTES);
    expect(await errorOf(cut.work)).toMatchObject({ kind: "unavailable" });
  });

  test("an empty file is a file, if the provider says that it is empty", async () => {
    const { path, work } = await download((_, response) => void response.end(), 0);
    expect(await work).toBe(0);
    expect(readFileSync(path, "utf8")).toBe("");
    const other = await download((_, response) => void response.end(), undefined);
    expect(await errorOf(other.work)).toMatchObject({ kind: "unavailable" });
  });

  test("a disk that cannot be written is no matter of the provider's", async () => {
    const path = join(temporaryDirectory(), "no such folder", "out.jsonl");
    const saving = new Download({ path, clock: new VirtualClock("manual"), log: silentLogger });
    expect(await errorOf(saving.save(new Response("x"), 1))).toBeInstanceOf(OutputError);
  });
});

/** A provider whose one file is told to have so many bytes, and comes as the handlers say, the last one for ever. */
async function providerOf(toldBytes: number | null, ...handlers: readonly Handler[]) {
  const log = new EventLog();
  const counts = { downloads: 0 };
  const { url } = await serve((request, response) => {
    if (request.url === "/v1/batches/b") return json(response, wireBatch());
    if (request.url === "/v1/files/f") return json(response, { id: "f", bytes: toldBytes });
    return handlers[Math.min(counts.downloads++, handlers.length - 1)]?.(request, response);
  });
  const path = join(temporaryDirectory(), "out.jsonl");
  return { provider: providerAt(url, { log }), log, counts, path };
}

const sends =
  (text: string): Handler =>
  (_, response) =>
    void response.end(text);
const sendsChunked =
  (text: string): Handler =>
  (_, response) => {
    response.flushHeaders();
    response.end(text);
  };
const answers =
  (status: number): Handler =>
  (_, response) =>
    void response.writeHead(status, { "content-type": "text/html" }).end("<h1>Bad Gateway</h1>");

describe("a download", () => {
  test("is tried again until it has the size in the file object", async () => {
    const { provider, counts, path } = await providerOf(
      BYTES,
      sends(TEXT.slice(0, 10)),
      (request, response) => response.write(TEXT, () => drop(request)),
      answers(502),
      answers(200),
      sends(TEXT),
    );
    expect(await provider.download("f", path)).toBe(BYTES);
    expect(counts.downloads).toBe(5);
    expect(readFileSync(path, "utf8")).toBe(TEXT);
  });

  test("that stays short is never taken for whole, however often it comes", async () => {
    for (const handler of [sends(TEXT.slice(0, -5)), sendsChunked(TEXT), sendsChunked("")]) {
      const { provider, path } = await providerOf(BYTES + 10, handler);
      expect(await errorOf(provider.download("f", path))).toMatchObject({ kind: "unavailable" });
      expect(existsSync(path)).toBe(false);
    }
  });

  test.each([
    ["shorter than told", BYTES + 10, sends(TEXT), 2],
    ["longer than told", BYTES - 10, sendsChunked(TEXT), 2],
    ["of a size that is told as 0", 0, sendsChunked(TEXT), 1],
    ["of a size that is not told", null, sends(TEXT), 1],
    ["of a size that is not told, without a last line's end", null, sends(TEXT.trimEnd()), 2],
  ])(
    "is believed against the file object when nothing is missing by its own account: %s",
    async (_, told, handler, tries) => {
      const { provider, path, log, counts } = await providerOf(told, handler);
      expect(await provider.download("f", path)).toBeGreaterThan(BYTES - 2);
      expect(counts.downloads).toBe(tries);
      expect(log.events.includes("warn file.size_differs")).toBe(Boolean(told));
    },
  );

  test("whose files are kept elsewhere does not tell the key there", async () => {
    const seen: (string | undefined)[] = [];
    const store = await serve((request, response) => {
      seen.push(request.headers.authorization, request.headers["api-key"]?.toString());
      response.end(TEXT);
    });
    const { url } = await serve((request, response) => {
      if (request.url?.endsWith("/content")) response.writeHead(302, { location: `${store.url}/f?signature=s` }).end();
      else json(response, { id: "f", bytes: BYTES });
    });
    const path = join(temporaryDirectory(), "out.jsonl");
    const provider = providerAt(url, {}, { headers: { "api-key": "a-secret" } });
    expect(await provider.download("f", path)).toBe(BYTES);
    expect(seen).toEqual([undefined, undefined]);
  });
});
