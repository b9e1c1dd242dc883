import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Row } from "../../../src/core/records.ts";
import { ByteOrderMarkStripper } from "../../../src/core/utf8.ts";
import { jsonl } from "../../../src/formats/jsonl.ts";
import { rowsOfBlock } from "../../../src/pipelines/count/block-rows.ts";
import { cutIntoLineBlocks, type LineBlock } from "../../../src/pipelines/count/line-blocks.ts";
import { chunkSizes, chunksOf, decodeAll } from "../../formats/support.ts";

interface Cut {
  readonly sizes: readonly number[];
  readonly blockBytes: number;
  readonly maxRecordBytes: number;
}

async function blocksOf(bytes: Uint8Array, { sizes, blockBytes, maxRecordBytes }: Cut): Promise<readonly LineBlock[]> {
  const blocks: LineBlock[] = [];
  const source = new ByteOrderMarkStripper().strip(chunksOf(bytes, sizes));
  for await (const block of cutIntoLineBlocks(source, { maxLineBytes: maxRecordBytes, blockBytes })) blocks.push(block);
  return blocks;
}

/** What counts of a row; where its bytes are is not known of a block. */
function essence(row: Row) {
  const { line } = row.position;
  return row.kind === "bad" ? { line, message: row.message } : { line, text: row.text, fields: row.fields };
}

const jsonLines = fc
  .array(
    fc.oneof(
      fc.constantFrom("\n", "\n", "\r\n", " ", "\uFEFF", "{", "}", '{"a":1}\n', '{"a":"流"}', "null\n", "\u2028", '"'),
      fc.string({ unit: "grapheme", maxLength: 3 }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => Buffer.from(parts.join("")));
const cut: fc.Arbitrary<Cut> = fc.record({
  sizes: chunkSizes,
  blockBytes: fc.integer({ min: 1, max: 40 }),
  maxRecordBytes: fc.integer({ min: 1, max: 40 }),
});

describe("blocks of lines", () => {
  test("hold the rows that the format's decoder makes of the file, however it is cut", async () => {
    await fc.assert(
      fc.asyncProperty(jsonLines, cut, async (bytes, how) => {
        const { maxRecordBytes } = how;
        const blocks = await blocksOf(bytes, how);
        const rows = blocks.flatMap((block) => [...rowsOfBlock(block, { file: "in", maxRecordBytes })]);
        const decoded = await decodeAll(jsonl, bytes, how.sizes, { maxRecordBytes });
        expect(rows.map(essence)).toEqual(decoded.rows.map(essence));
      }),
      { numRuns: 500 },
    );
  });

  test("are whole lines in order, and no larger than they may be", async () => {
    await fc.assert(
      fc.asyncProperty(jsonLines, cut, async (bytes, how) => {
        const blocks = await blocksOf(bytes, how);
        for (const block of blocks.slice(0, -1)) {
          expect(block.longLineBytes !== undefined || block.bytes.at(-1) === 0x0a).toBe(true);
        }
        for (const { bytes: some } of blocks) {
          expect(some.buffer.byteLength).toBeLessThanOrEqual(Math.max(how.blockBytes, how.maxRecordBytes + 1));
        }
      }),
    );
  });

  test("have buffers of their own, so that one can be given away", async () => {
    const blocks = await blocksOf(Buffer.from("a\nb\nc\nd\n"), { sizes: [3], blockBytes: 3, maxRecordBytes: 9 });
    expect(blocks.length).toBeGreaterThan(1);
    expect(new Set(blocks.map(({ bytes }) => bytes.buffer)).size).toBe(blocks.length);
  });

  test("say of a line that is too long how long it is, and keep none of it", async () => {
    const how = { sizes: [4], blockBytes: 4, maxRecordBytes: 10 };
    const blocks = await blocksOf(Buffer.from(`ab\n${"x".repeat(100)}\ncd`), how);
    expect(blocks.map(({ bytes, ...rest }) => ({ text: Buffer.from(bytes).toString(), ...rest }))).toEqual([
      { text: "ab\n", firstLine: 1 },
      { text: "", firstLine: 2, longLineBytes: 100 },
      { text: "cd", firstLine: 3 },
    ]);
  });

  test("take time in proportion to one long line in small pieces", async () => {
    const line = Buffer.alloc(1 << 20, "x");
    let copied = 0;
    const set = Uint8Array.prototype.set;
    Uint8Array.prototype.set = function (this: Uint8Array, ...given: Parameters<typeof set>) {
      copied += given[0].length;
      return set.apply(this, given);
    };
    try {
      await blocksOf(line, { sizes: [1000], blockBytes: 1 << 10, maxRecordBytes: 1 << 21 });
    } finally {
      Uint8Array.prototype.set = set;
    }
    expect(copied).toBeLessThan(5 * line.length);
  });
});
