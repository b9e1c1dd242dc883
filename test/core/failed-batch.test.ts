import { describe, expect, test } from "vitest";
import { judgeFailedBatch } from "../../src/core/failed-batch.ts";

const FULL =
  "Enqueued token limit reached for gpt-4o in organization org-x. Limit: 2,000,000 enqueued tokens. Please try again once some in_progress batches have been completed.";

describe("judgeFailedBatch", () => {
  test("enqueued tokens: wait, with the limit where it is said", () => {
    const full = { code: "token_limit_exceeded", message: FULL };
    expect(judgeFailedBatch([full])).toEqual({ kind: "wait", limit: 2_000_000 });
    expect(judgeFailedBatch([{ ...full, message: "limit: 90000" }])).toEqual({ kind: "wait", limit: 90_000 });
    expect(judgeFailedBatch([{ ...full, message: "reached" }])).toEqual({ kind: "wait", limit: undefined });
    expect(judgeFailedBatch([{ code: "other", message: "x" }, full])).toMatchObject({ kind: "wait" });
  });

  test("a file that is not found, as a whole: it is there, and will be found later", () => {
    expect(judgeFailedBatch([{ code: "x", message: "Cannot find file file-1, or no access." }])).toEqual({
      kind: "fileNotFound",
    });
  });

  test.each([[[]], [[{ code: "server_error", message: "x" }]], [[{ code: "unknown", message: "" }]]])(
    "a provider that is at fault itself, or says nothing: try again: %j",
    (errors) => {
      expect(judgeFailedBatch(errors)).toEqual({ kind: "tryAgain" });
    },
  );

  test("credit that is used up: a person has to do something", () => {
    expect(judgeFailedBatch([{ code: "billing_hard_limit_reached", message: "x" }])).toEqual({ kind: "pause" });
  });

  test.each([
    [[{ code: "invalid_json_line", message: "This line is not parseable as valid JSON.", line: 1 }]],
    [[{ code: "duplicate_custom_id", message: "x", line: 7 }]],
    [[{ code: "x", message: "a row that says: cannot find file", line: 3 }]],
  ])("anything else is for the user to mend: %j", (errors) => {
    expect(judgeFailedBatch(errors)).toEqual({ kind: "stop" });
  });
});
