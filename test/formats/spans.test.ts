import fc from "fast-check";
import { expect, test } from "vitest";
import type { Format, Span } from "../../src/formats/format.ts";
import { formats } from "../../src/formats/index.ts";
import { chunkSizes, decodeAll, outline } from "./support.ts";

/** Bytes that formats stumble over. */
const hostileText = fc
  .array(
    fc.constantFrom('{"a":1}', '{"b":"流"}', '"', ",", "\t", "\n", "\r\n", "[", "]", "{", "}", "x", " ", "\\", "a,b\n"),
  )
  .map((pieces) => pieces.join(""));

async function spansOf(format: Format, text: string, sizes: readonly number[]) {
  const spans: Span[] = [];
  const headers: Span[] = [];
  const { rows } = await decodeAll(format, text, sizes, {
    maxRecordBytes: 20,
    onRecord: (span) => void spans.push(span),
    onHeader: (span) => void headers.push(span),
  }).catch(() => ({ rows: [] }));
  return { rows, spans: spans.slice(0, rows.length), headers };
}

test.each(Object.keys(formats) as (keyof typeof formats)[])("%s: every row's bytes are where it says", async (name) => {
  const format = await formats[name]();
  await fc.assert(
    fc.asyncProperty(hostileText, fc.boolean(), chunkSizes, async (text, hasMark, sizes) => {
      const bytes = Buffer.from(`${hasMark ? "\uFEFF" : ""}${format.isTable ? "a\n" : ""}${text}`);
      const { rows, spans, headers } = await spansOf(format, bytes.toString(), sizes);
      expect(spans).toHaveLength(rows.length);
      expect(headers.map(({ start, end }) => bytes.toString("utf8", start, end))).toEqual(
        format.isTable && rows.length > 0 ? ["a"] : headers.map(() => "a"),
      );
      let last = headers[0]?.end ?? 0;
      for (const [index, { start, end }] of spans.entries()) {
        expect(start).toBe(rows[index]?.position.byteOffset);
        expect(start).toBeGreaterThanOrEqual(last);
        expect(end).toBeLessThanOrEqual(bytes.length);
        last = end;
        const record = bytes.toString("utf8", start, end);
        const alone = await decodeAll(format, `${format.isTable ? "a\n" : ""}${record}\n`, [1 << 20], {
          maxRecordBytes: 20,
        });
        const row = rows[index];
        if (row?.kind === "row") expect(outline(alone.rows)).toEqual([row.text]);
      }
    }),
  );
});
