import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ownResultLine, readMarks } from "../../src/core/own-result-line.ts";
import { FAILURE_CODES } from "../../src/core/records.ts";

const LINE = '{"id":"r", "custom_id":"bgp-x","response":{"n":1.0,"b":12345678901234567890},"error":null}';
const failures = fc.record({ code: fc.constantFrom(...FAILURE_CODES), message: fc.string() });

describe("a result line", () => {
  test("is the provider's, but for the custom_id", () => {
    expect(ownResultLine({ customId: 'a"b', line: LINE })).toBe(
      '{"id":"r","custom_id":"a\\"b","response":{"n":1.0,"b":12345678901234567890},"error":null}',
    );
  });

  test("of what came to nothing has an error; the reply that was paid for stays", () => {
    const failure = { code: "refused", message: "no" } as const;
    const error = { code: "refused", message: "no", type: "bg_pipe" };
    expect(JSON.parse(ownResultLine({ customId: "a", failure }))).toEqual({ custom_id: "a", response: null, error });
    const both = JSON.parse(ownResultLine({ customId: "a", line: LINE, failure }));
    expect(both).toMatchObject({ id: "r", custom_id: "a", response: { n: 1 }, error });
  });

  test("is read again as it was made", () => {
    fc.assert(
      fc.property(
        fc.option(failures, { nil: undefined }),
        fc.option(fc.string(), { nil: undefined }),
        fc.nat(),
        fc.constantFrom(LINE, undefined),
        (failure, batchId, attempts, line) => {
          const text = ownResultLine({
            customId: "a",
            ...(line === undefined ? {} : { line }),
            ...(failure === undefined ? {} : { failure }),
            ...(batchId === undefined ? {} : { marks: { batchId, attempts } }),
          });
          const marks = batchId === undefined ? {} : { batchId, attempts };
          expect(readMarks(text)).toEqual({ ...marks, ...(failure === undefined ? {} : { failure }) });
        },
      ),
    );
  });

  test("of another's says nothing of ours", () => {
    for (const text of [
      LINE,
      '{"error":{"type":"server_error","code":"expired","message":"x"}}',
      '"bg_pipe"',
      "null",
    ]) {
      expect(readMarks(text)).toEqual({});
    }
    expect(readMarks('{"error":{"type":"bg_pipe","code":"unheard of"},"bg_pipe":7}')).toEqual({});
  });
});
