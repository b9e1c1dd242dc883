import { describe, expect, test } from "vitest";
import { createBatch, line, lines, runBatch, startForTest, untilEnded, upload } from "./support.ts";

const good = line("good");
const changed = (changes: Record<string, unknown>) => line("other", "text", changes);
const withBody = (body: Record<string, unknown>) =>
  changed({ body: { model: "gpt-5-mini", messages: [{ role: "user", content: "x" }], ...body } });

const cases = [
  { code: "invalid_json_line", param: null, bad: '{"custom_id": ' },
  { code: "invalid_json_line", param: null, bad: "[1]" },
  { code: "missing_required_parameter", param: "custom_id", bad: changed({ custom_id: undefined }) },
  { code: "missing_required_parameter", param: "method", bad: changed({ method: undefined }) },
  { code: "missing_required_parameter", param: "url", bad: changed({ url: undefined }) },
  { code: "missing_required_parameter", param: "body", bad: changed({ body: null }) },
  { code: "invalid_type", param: "custom_id", bad: changed({ custom_id: 7 }) },
  { code: "invalid_type", param: "body", bad: changed({ body: "text" }) },
  { code: "duplicate_custom_id", param: "custom_id", bad: good },
  { code: "invalid_method", param: "method", bad: changed({ method: "GET" }) },
  { code: "invalid_url", param: "url", bad: changed({ url: "/v1/responses" }) },
  { code: "invalid_request", param: "body.model", bad: withBody({ model: undefined }) },
  { code: "invalid_request", param: "body.messages", bad: withBody({ messages: undefined }) },
  { code: "model_not_found", param: "body.model", bad: withBody({ model: "no-such-model" }) },
  { code: "mismatched_model", param: "body.model", bad: withBody({ model: "gpt-4o" }) },
  { code: "streaming_unsupported", param: "body.stream", bad: withBody({ stream: true }) },
];

describe("a bad line fails the whole batch before anything is billed", () => {
  test.for(cases)("$code, $param", async ({ code, param, bad }) => {
    const { client } = await startForTest();
    const batch = await runBatch(client, `${good}\n${bad}\n`);
    expect(batch.errors?.data).toMatchObject([{ code, param, line: 2 }]);
    expect(batch).toMatchObject({ status: "failed", output_file_id: null, error_file_id: null, in_progress_at: null });
    expect(batch.request_counts).toEqual({ total: 0, completed: 0, failed: 0 });
    expect(batch.failed_at).toBeGreaterThan(0);
    expect(batch.usage?.total_tokens).toBe(0);
  });
});

test("several lines are reported at once, with their numbers", async () => {
  const { client } = await startForTest();
  const batch = await runBatch(client, [good, "{nope", good, "", changed({ method: "GET" }), "", ""].join("\n"));
  expect(batch.errors?.data?.map((error) => [error.line, error.code])).toEqual([
    [2, "invalid_json_line"],
    [3, "duplicate_custom_id"],
    [4, "invalid_json_line"],
    [5, "invalid_method"],
  ]);
});

test("the number of reported errors is bounded", async () => {
  const { client } = await startForTest({ limits: { errorsPerBatch: 3 } });
  const batch = await runBatch(client, "{\n".repeat(10));
  expect(batch.errors?.data).toHaveLength(3);
});

test("a byte order mark makes the first line unreadable", async () => {
  const { client } = await startForTest();
  const batch = await runBatch(client, `\ufeff${good}\n`);
  expect(batch.errors?.data).toMatchObject([{ code: "invalid_json_line", line: 1 }]);
});

test("long custom ids are told apart", async () => {
  const { client } = await startForTest();
  const long = "x".repeat(100);
  expect((await runBatch(client, [line(`${long}1`), line(`${long}2`)].join("\n"))).status).toBe("completed");
  const twice = await runBatch(client, [line(long), line(long)].join("\n"));
  expect(twice.errors?.data).toMatchObject([{ code: "duplicate_custom_id", line: 2 }]);
});

describe("limits of a batch", () => {
  test("requests", async () => {
    const { client } = await startForTest({ limits: { requestsPerBatch: 5 } });
    expect((await runBatch(client, lines(5))).status).toBe("completed");
    const batch = await runBatch(client, lines(6));
    expect(batch).toMatchObject({ status: "failed", errors: { data: [{ code: "too_many_tasks", line: null }] } });
  });

  test("bytes", async () => {
    const { client } = await startForTest({ limits: { bytesPerBatch: 50 } });
    const batch = await runBatch(client, good);
    expect(batch).toMatchObject({ status: "failed", errors: { data: [{ code: "file_too_large", line: null }] } });
  });

  test("embedding inputs, summed over the lines", async () => {
    const { client } = await startForTest({ limits: { embeddingInputsPerBatch: 4 } });
    const url = "/v1/embeddings";
    const embed = (id: string, input: unknown) =>
      line(id, "", { url, body: { model: "text-embedding-3-small", input } });
    const fine = [embed("a", ["x", "y"]), embed("b", [1, 2, 3, 4, 5]), embed("c", "z")].join("\n");
    expect((await runBatch(client, fine, { endpoint: url })).status).toBe("completed");
    const batch = await runBatch(client, `${fine}\n${embed("d", "one more")}`, { endpoint: url });
    expect(batch).toMatchObject({ status: "failed", errors: { data: [{ code: "too_many_tasks" }] } });
  });
});

test("a file of blank lines only is empty", async () => {
  const { client } = await startForTest();
  const batch = await runBatch(client, "\n\n");
  expect(batch.errors?.data).toMatchObject([{ code: "empty_file", line: null }]);
});

describe("the input file", () => {
  test("may be unknown when the batch is created; then the batch fails", async () => {
    const { client } = await startForTest();
    const input_file_id = "file-nobodys";
    const created = await createBatch(client, good, { input_file_id });
    expect(created.status).toBe("validating");
    const batch = await untilEnded(client, created.id);
    expect(batch.errors?.data).toMatchObject([{ code: "invalid_request", param: "file_id", line: null }]);
    expect(batch.errors?.data?.[0]?.message).toMatch(/^Cannot find file file-nobodys, or organization/);
  });

  test("has to be uploaded for the purpose", async () => {
    const { client } = await startForTest();
    const file = await upload(client, good, "user_data");
    const batch = await runBatch(client, good, { input_file_id: file.id });
    expect(batch).toMatchObject({ status: "failed", errors: { data: [{ code: "invalid_request" }] } });
  });
});

describe("a create call is refused", () => {
  const refusals = [
    { changes: { endpoint: "/v1/nothing" }, code: "invalid_value", param: "endpoint" },
    { changes: { completion_window: "1h" }, code: "invalid_value", param: "completion_window" },
    { changes: { input_file_id: undefined }, code: "missing_required_parameter", param: "input_file_id" },
    { changes: { metadata: { a: 1 } }, code: "invalid_type", param: "metadata.a" },
    { changes: { metadata: { a: "x".repeat(513) } }, code: "string_above_max_length", param: "metadata.a" },
    { changes: { metadata: { ["k".repeat(65)]: "x" } }, code: "property_name_above_max_length", param: "metadata" },
    {
      changes: { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`k${at}`, "x"])) },
      code: "object_above_max_properties",
      param: "metadata",
    },
    {
      changes: { output_expires_after: { anchor: "created_at", seconds: 5 } },
      code: "invalid_value",
      param: "output_expires_after.seconds",
    },
  ];
  test.for(refusals)("$code $param", async ({ changes, code, param }) => {
    const { emulator } = await startForTest();
    const body = { input_file_id: "file-x", endpoint: "/v1/responses", completion_window: "24h", ...changes };
    const response = await fetch(`${emulator.url}/batches`, { method: "POST", body: JSON.stringify(body) });
    expect(response.status).toBe(400);
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
    expect(await response.json()).toMatchObject({ error: { code, param, type: "invalid_request_error" } });
  });

  test("with the supported values in the message", async () => {
    const { client } = await startForTest();
    const refused = createBatch(client, good, { endpoint: "/v1/moderations" });
    await expect(refused).rejects.toThrow("Supported values are: '/v1/chat/completions', '/v1/responses' and");
  });
});
