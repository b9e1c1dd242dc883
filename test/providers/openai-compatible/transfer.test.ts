import { describe, expect, test } from "vitest";
import { isWhole, type Transfer } from "../../../src/providers/openai-compatible/transfer.ts";

const WHOLE: Transfer = { bytes: 100, endsLine: true, headerBytes: 100, toldBytes: 100 };

function verdict(transfer: Partial<Transfer>, previousBytes?: number): boolean {
  const previous = previousBytes === undefined ? undefined : { ...WHOLE, bytes: previousBytes };
  return isWhole({ ...WHOLE, ...transfer }, previous);
}

describe("isWhole", () => {
  test.each([
    ["the size told came", {}, true],
    ["the size told came, with no line's end", { endsLine: false }, true],
    ["an empty file came, and was told", { bytes: 0, toldBytes: 0, endsLine: false }, true],
    ["less came than told", { bytes: 99 }, false],
    ["less came than told, as the header says", { bytes: 99, headerBytes: 99 }, false],
    ["more came than told", { bytes: 101, headerBytes: 101 }, false],
    ["nothing is told, and lines came", { toldBytes: undefined }, true],
    ["0 is told, and lines came", { toldBytes: 0 }, true],
    ["nothing is told, and a line is cut", { toldBytes: undefined, endsLine: false }, false],
    ["0 is told, and a line is cut, with a header that fits", { toldBytes: 0, endsLine: false }, false],
    ["nothing is told, and nothing came", { toldBytes: undefined, bytes: 0, endsLine: false }, false],
  ])("the first time: %s", (_, transfer, expected) => {
    expect(verdict(transfer)).toBe(expected);
  });

  const again: readonly (readonly [string, Partial<Transfer>, boolean])[] = [
    ["less than told, as the header says, to a line's end", { bytes: 99, headerBytes: 99 }, true],
    [
      "less than told, as the header says, in the middle of a line",
      { bytes: 99, headerBytes: 99, endsLine: false },
      false,
    ],
    ["less than told, with no header", { bytes: 99, headerBytes: undefined }, false],
    ["more than told, with no header", { bytes: 101, headerBytes: undefined }, true],
    ["more than told, in the middle of a line", { bytes: 101, headerBytes: 101, endsLine: false }, false],
    ["nothing is told, in the middle of a line", { toldBytes: undefined, endsLine: false }, true],
    ["nothing at all, and nothing is told", { toldBytes: undefined, bytes: 0, endsLine: false }, true],
    ["nothing at all, and something is told", { bytes: 0, headerBytes: 0, endsLine: false }, false],
  ];
  test.each(again)("twice the same size: %s", (_, transfer, expected) => {
    const bytes = transfer.bytes ?? WHOLE.bytes;
    expect(verdict(transfer, bytes)).toBe(expected);
    if (expected) expect(verdict(transfer, bytes + 1)).toBe(false);
  });
});
