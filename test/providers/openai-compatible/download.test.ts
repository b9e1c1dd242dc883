import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { OutputError } from "../../../src/core/errors.ts";
import { saveBody } from "../../../src/providers/openai-compatible/download.ts";
import { errorOf } from "../../stages/support.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { eventually, VirtualClock } from "../../support/virtual-clock.ts";
import { drop, type Handler, providerAt, serve } from "./loopback.ts";

const TEXT = `${'{"custom_id":"流"}\n'.repeat(20_000)}`;
const BYTES = Buffer.byteLength(TEXT);

async function download(handler: Handler, expectedBytes: number | undefined, clock = new VirtualClock("manual")) {
  const path = join(temporaryDirectory(), "out.jsonl");
  const { url } = await serve(handler);
  return { path, work: fetch(url).then((response) => saveBody(response, { path, expectedBytes, clock })) };
}

describe("saveBody", () => {
  test.each([BYTES, undefined])("writes the body whole; expected: %s bytes", async (expected) => {
    const { path, work } = await download((_, response) => response.end(TEXT), expected);
    expect(await work).toBe(BYTES);
    expect(readFileSync(path, "utf8")).toBe(TEXT);
    expect(existsSync(`${path}.part`)).toBe(false);
  });

  test.each([
    ["shorter", BYTES + 1],
    ["longer", BYTES - 1],
  ])("a body that is %s than the file is said to be is not taken", async (_, expected) => {
    const { path, work } = await download((_, response) => response.end(TEXT), expected);
    const error = await errorOf(work);
    expect(error).toMatchObject({ kind: "unavailable" });
    expect(error.message).toContain(`${BYTES} of ${expected} bytes`);
    expect(existsSync(path)).toBe(false);
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
    expect(existsSync(path)).toBe(false);
  });

  test("the length of a compressed body is not the file's", async () => {
    const { work } = await download((_, response) => {
      const body = gzipSync(TEXT);
      response.writeHead(200, { "content-encoding": "gzip", "content-length": `${body.length}` }).end(body);
    }, undefined);
    expect(await work).toBe(BYTES);
  });

  test("an empty file is a file", async () => {
    const { path, work } = await download((_, response) => response.end(), 0);
    expect(await work).toBe(0);
    expect(readFileSync(path, "utf8")).toBe("");
  });

  test("a disk that cannot be written is no matter of the provider's", async () => {
    const path = join(temporaryDirectory(), "no such folder", "out.jsonl");
    const saving = saveBody(new Response("x"), { path, expectedBytes: 1, clock: new VirtualClock("manual") });
    expect(await errorOf(saving)).toBeInstanceOf(OutputError);
  });
});

test("a download of the wrong size is tried again, against the size in the file object", async () => {
  let downloads = 0;
  const { url } = await serve((request, response) => {
    const isContent = request.url?.endsWith("/content");
    if (!isContent) response.setHeader("content-type", "application/json");
    response.end(
      isContent ? TEXT.slice(0, ++downloads < 3 ? 10 : undefined) : `{"id":"f","status":"completed","bytes":${BYTES}}`,
    );
  });
  const path = join(temporaryDirectory(), "out.jsonl");
  const provider = providerAt(url);
  // Who was never reached is not asked again at once.
  await provider.retrieveBatch("b");
  expect(await provider.download("f", path)).toBe(BYTES);
  expect(downloads).toBe(3);
  expect(readFileSync(path, "utf8")).toBe(TEXT);
});
