import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boundaryOf, parseMultipart } from "../../src/emulator/multipart.ts";

interface Part {
  readonly name: string;
  readonly content: Uint8Array;
}

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function parse(bytes: Buffer, chunkSize: number, boundary = "b"): Promise<Part[]> {
  const parts: { name: string; content: Buffer }[] = [];
  for await (const event of parseMultipart(inChunks(bytes, chunkSize), boundary)) {
    if (event.kind === "part") parts.push({ name: event.name, content: Buffer.alloc(0) });
    const last = parts.at(-1);
    if (event.kind === "data" && last) last.content = Buffer.concat([last.content, event.bytes]);
  }
  return parts;
}

function write(parts: readonly Part[]): Buffer {
  const pieces = parts.flatMap(({ name, content }) => [
    Buffer.from(`--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`),
    Buffer.from(content),
    Buffer.from("\r\n"),
  ]);
  return Buffer.concat([...pieces, Buffer.from("--b--\r\n")]);
}

describe("parseMultipart", () => {
  // Bytes that come near a delimiter without being one.
  const nasty = fc
    .constantFrom("\r\n", "\r", "\n", "--", "-", "b", "\r\n-", "\r\n--", "x")
    .map((text) => Buffer.from(text));
  const content = fc
    .array(nasty, { maxLength: 30 })
    .map((pieces) => Buffer.concat(pieces))
    .filter((bytes) => !bytes.includes("--b"));

  test("gives back any parts, however they are cut into chunks", async () => {
    const parts = fc.array(fc.record({ name: fc.stringMatching(/^[a-z[\]]{1,8}$/), content }), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(parts, fc.integer({ min: 1, max: 40 }), async (given, chunkSize) => {
        const found = await parse(write(given), chunkSize);
        expect(found.map(({ name, content }) => [name, Buffer.from(content).toString("hex")])).toEqual(
          given.map(({ name, content }) => [name, Buffer.from(content).toString("hex")]),
        );
      }),
    );
  });

  test.for(["", "--b\r\n", "no form", '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\ncut off'])(
    "refuses what is cut off or no form: %j",
    async (text) => {
      await expect(parse(Buffer.from(text), 5)).rejects.toThrow("ends before its closing boundary");
    },
  );

  test("refuses endless headers and endless parts", async () => {
    const endlessHeader = Buffer.from(`--b\r\nX: ${"y".repeat(10_000)}`);
    await expect(parse(endlessHeader, 1000)).rejects.toThrow("a header is too long");
    const manyParts = write(Array.from({ length: 65 }, () => ({ name: "a", content: Buffer.from("x") })));
    await expect(parse(manyParts, 1000)).rejects.toThrow("more than 64 parts");
  });
});

test("boundaryOf reads quoted and bare boundaries, and refuses other types", () => {
  expect(boundaryOf("multipart/form-data; boundary=abc")).toBe("abc");
  expect(boundaryOf('Multipart/Form-Data; charset=utf-8; boundary="a b"')).toBe("a b");
  expect(() => boundaryOf("application/json")).toThrow("multipart/form-data");
  expect(() => boundaryOf(undefined)).toThrow("multipart/form-data");
});
