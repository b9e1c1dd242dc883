import { describe, expect, test } from "vitest";
import { parseBatch, parseBatchErrors, parseFile, parsePage } from "../../../src/providers/openai-compatible/wire.ts";
import { wireBatch } from "./loopback.ts";

describe("parseBatch", () => {
  test("reads what OpenAI sends", () => {
    expect(parseBatch(wireBatch())).toEqual({
      id: "batch_1",
      status: "in_progress",
      inputFileId: "file-1",
      errors: [],
      createdAt: 1_768_000_000,
      counts: { total: 3, completed: 1, failed: 0 },
      metadata: { bg_pipe_chunk: "c1" },
      times: { inProgressAt: null, finalizingAt: null, endedAt: null },
    });
  });

  test.each(["completed_at", "failed_at", "expired_at", "cancelled_at"])(
    "tells when it came how far, up to %s",
    (end) => {
      const told = { in_progress_at: 1_768_000_010, finalizing_at: 1_768_000_020, [end]: 1_768_000_030 };
      const times = { inProgressAt: 1_768_000_010_000, finalizingAt: 1_768_000_020_000, endedAt: 1_768_000_030_000 };
      expect(parseBatch(wireBatch(told)).times).toEqual(times);
    },
  );

  test.each([
    ["completed", "completed"],
    ["Completed", "completed"],
    ["COMPLETED", "completed"],
    ["canceled", "cancelled"],
    ["Canceling", "cancelling"],
    ["cancelled", "cancelled"],
    ["queued_somehow", "in_progress"],
  ])("status %s is %s", (status, expected) => {
    expect(parseBatch(wireBatch({ status })).status).toBe(expected);
  });

  test.each([
    [1_768_000_000, 1_768_000_000],
    ["2026-01-09T23:06:40Z", 1_768_000_000],
    ["soon", 0],
    [null, 0],
  ])("created at %s", (created_at, expected) => {
    expect(parseBatch(wireBatch({ created_at })).createdAt).toBe(expected);
  });

  test("ids that are empty strings, null or missing are none", () => {
    const batch = parseBatch(
      wireBatch({ output_file_id: "", error_file_id: null, request_counts: null, metadata: null }),
    );
    expect(batch).not.toHaveProperty("outputFileId");
    expect(batch).not.toHaveProperty("errorFileId");
    expect(batch).toMatchObject({ counts: { total: 0, completed: 0, failed: 0 }, metadata: {} });
    expect(parseBatch(wireBatch({ output_file_id: "file-2" })).outputFileId).toBe("file-2");
    expect(parseBatch({ id: "b", status: "failed" })).toMatchObject({ id: "b", status: "failed", inputFileId: "" });
  });

  const error = { code: "invalid_json_line", message: "bad", line: 2, param: null };
  test.each([
    ["OpenAI's list object", { object: "list", data: [error] }],
    ["Groq's bare array", [error]],
  ])("errors: %s", (_, errors) => {
    const [first] = parseBatch(wireBatch({ status: "failed", errors })).errors;
    expect(first).toEqual({ code: "invalid_json_line", message: "bad", line: 2 });
  });

  test.each([[undefined], [null], [[]], [{ data: null }], [{}]])("no errors: %j", (errors) => {
    expect(parseBatch(wireBatch({ errors })).errors).toEqual([]);
  });

  test("an error that says next to nothing is one all the same", () => {
    expect(parseBatch(wireBatch({ errors: [{ line: 0, param: "body.model" }] })).errors).toEqual([
      { code: "unknown", message: "", param: "body.model" },
    ]);
  });

  test.each([[{}], [{ id: "", status: "x" }], ["<html>"], [null], [{ id: "b" }]])("%j is no batch", (value) => {
    expect(() => parseBatch(value)).toThrow();
  });
});

describe("parsePage", () => {
  test.each([
    ["a last page", { data: [{ id: "a" }], has_more: false, last_id: "a" }, undefined],
    ["OpenAI's next", { data: [{ id: "a" }], has_more: true, last_id: "z" }, { after: "z" }],
    ["no last_id", { data: [{ id: "a" }, { id: "b" }], has_more: true }, { after: "b" }],
    ["no has_more", { data: [{ id: "a" }] }, undefined],
    ["Groq's cursor", { data: [], paging: { next_cursor: "c" } }, { cursor: "c" }],
    ["Groq's last page", { data: [], paging: { next_cursor: null } }, undefined],
    ["an empty page that says there is more", { data: [], has_more: true }, undefined],
  ])("%s", (_, value, next) => {
    expect(parsePage(value).next).toEqual(next);
  });

  test("anything else is no page", () => {
    expect(() => parsePage({ object: "list" })).toThrow();
  });
});

test("parseFile", () => {
  const file = { id: "f", filename: "a.jsonl", bytes: 7, created_at: 5, purpose: "batch", status: "processed" };
  const usual = { id: "f", name: "a.jsonl", bytes: 7, createdAt: 5, state: "ready", status: "processed" };
  expect(parseFile(file)).toEqual(usual);
  expect(parseFile({ id: "f", filename: null })).toEqual({
    ...{ id: "f", name: "", bytes: undefined, createdAt: 0 },
    ...{ state: "ready", status: "" },
  });
});

test.each([
  ["processed", "ready"],
  ["Processed", "ready"],
  ["uploaded", "pending"],
  ["pending", "pending"],
  ["running", "pending"],
  ["error", "refused"],
  ["deleted", "refused"],
])("a file that is %s is %s", (status, state) => {
  expect(parseFile({ id: "f", status, status_details: "why" })).toMatchObject({ state, status: `${status}: why` });
});

describe("parseBatchErrors", () => {
  const error = { code: "invalid_json_line", message: "bad", line: 2, param: null };
  const expected = [{ code: "invalid_json_line", message: "bad", line: 2 }];

  test.each([
    ["a list object", { object: "list", data: [error] }],
    ["a bare array", [error]],
    ["a list object under errors", { errors: { data: [error] } }],
    ["a bare array under errors", { errors: [error] }],
  ])("%s", (_, value) => {
    expect(parseBatchErrors(value)).toEqual(expected);
  });

  test.each([
    ["an ordinary error", { message: "bad", code: "invalid_value", param: null, type: "invalid_request_error" }],
    ["another API's errors", { errors: [{ code: 1000, message: "bad" }] }],
    ["a validator's details", { detail: [{ loc: ["body"], msg: "field required" }] }],
    ["entries that say nothing", [{}, { line: 3 }]],
    ["a text", "<html>"],
    ["nothing", undefined],
  ])("%s is none", (_, value) => {
    expect(parseBatchErrors(value)).toEqual([]);
  });
});
