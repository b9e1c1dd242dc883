import type OpenAI from "openai";
import { describe, expect, test } from "vitest";
import type { FaultName, FaultRates } from "../../src/emulator/faults.ts";
import {
  emulatorPage,
  line,
  lines,
  type ResultLine,
  rawLines,
  resultLines,
  runBatch,
  startWithFaults,
} from "./support.ts";

const IDS = Array.from({ length: 6 }, (_, index) => `r${index}`);

/** Runs six lines that each meet the fault. */
async function sixLines(
  fault: FaultName,
  content = lines(6),
  endpoint: "/v1/chat/completions" | "/v1/embeddings" = "/v1/chat/completions",
) {
  const { client, emulator } = await startWithFaults({ [fault]: 1 });
  const batch = await runBatch(client, content, { endpoint });
  const page = (name: "billing" | "faults") => emulatorPage(emulator.url, name);
  return { client, batch, billing: await page("billing"), faults: await page("faults") };
}

const idsOf = (found: readonly ResultLine[]) => found.map((result) => result.custom_id).sort();
const textOf = (result: ResultLine) => result.response?.body.choices[0]?.message.content;

test.for(["line_rate_limited", "line_server_error", "line_status_0"] as const)(
  "%s: an error line, not billed",
  async (fault) => {
    const { client, batch, billing, faults } = await sixLines(fault);
    const errors = await resultLines(client, batch.error_file_id);
    const status = { line_rate_limited: 429, line_server_error: 500, line_status_0: 0 }[fault];
    expect(idsOf(errors)).toEqual(IDS);
    expect(errors.map((result) => [result.response?.status_code, result.error])).toEqual(IDS.map(() => [status, null]));
    expect(batch).toMatchObject({ output_file_id: null, request_counts: { total: 6, completed: 0, failed: 6 } });
    expect([billing["requests"], faults]).toEqual([0, { [fault]: 6 }]);
  },
);

test("line_lost: in neither file, but billed", async () => {
  const { batch, billing, faults } = await sixLines("line_lost");
  expect(batch).toMatchObject({ output_file_id: null, error_file_id: null, request_counts: { completed: 6 } });
  expect([billing["requests"], faults]).toEqual([6, { line_lost: 6 }]);
});

test("line_corrupt: no JSON, but billed", async () => {
  const { client, batch, billing } = await sixLines("line_corrupt");
  const found = await rawLines(client, batch.output_file_id);
  expect(found).toHaveLength(6);
  for (const text of found) expect(() => JSON.parse(text)).toThrow();
  expect(billing["requests"]).toBe(6);
});

test("line_doubled: twice with two answers, billed once", async () => {
  const { client, batch, billing } = await sixLines("line_doubled");
  const found = await resultLines(client, batch.output_file_id);
  expect(idsOf(found)).toEqual(IDS.flatMap((id) => [id, id]));
  for (const id of IDS) expect(new Set(found.filter(({ custom_id }) => custom_id === id).map(textOf)).size).toBe(2);
  expect(billing).toMatchObject({ requests: 6, distinct: 6 });
  expect(batch.request_counts).toEqual({ total: 6, completed: 6, failed: 0 });
});

test("line_in_both_files: answered, and an error as well; billed once", async () => {
  const { client, batch, billing } = await sixLines("line_in_both_files");
  expect(idsOf(await resultLines(client, batch.output_file_id))).toEqual(IDS);
  const errors = await resultLines(client, batch.error_file_id);
  expect(idsOf(errors)).toEqual(IDS);
  expect(errors[0]?.response?.status_code).toBe(500);
  expect(billing["requests"]).toBe(6);
});

test("line_foreign: beside each right line one that nobody asked for, and that looks like it", async () => {
  const own = IDS.map((id) => `job-000000000000000000000-${id}`);
  const { client, batch, billing } = await sixLines("line_foreign", own.map((id) => line(id)).join("\n"));
  const found = idsOf(await resultLines(client, batch.output_file_id));
  const foreign = found.filter((id) => !own.includes(id));
  expect(found.filter((id) => own.includes(id))).toEqual(own);
  expect(foreign).toHaveLength(6);
  for (const id of foreign) expect([id.slice(0, 4), id.length]).toEqual(["job-", own[0]?.length]);
  expect(billing["requests"]).toBe(6);
});

describe("answers that are none, billed", () => {
  const schema = { type: "object", properties: { score: { type: "integer" } }, required: ["score"] };
  const response_format = { type: "json_schema", json_schema: { name: "grade", schema } };
  const asked = IDS.map((id) => {
    const body = { model: "gpt-5-mini", messages: [{ role: "user", content: id }], response_format };
    return line(id, "", { body });
  }).join("\n");
  const isJson = (text: unknown) => /^\{.*\}$/.test(String(text));
  type Choice = OpenAI.ChatCompletion.Choice | undefined;
  const cases: readonly [FaultName, (choice: Choice) => boolean][] = [
    ["line_invalid_answer", (choice) => choice?.finish_reason === "stop" && !isJson(choice.message.content)],
    ["line_cut_off", (choice) => choice?.finish_reason === "length" && !isJson(choice.message.content)],
    ["line_refusal", (choice) => choice?.message.content === null && choice.message.refusal !== null],
    ["line_content_filter", (choice) => choice?.finish_reason === "content_filter"],
  ];
  test.for(cases)("%s", async ([fault, isSo]) => {
    const { client, batch, billing } = await sixLines(fault, asked);
    const found = await resultLines(client, batch.output_file_id);
    expect(idsOf(found)).toEqual(IDS);
    expect(found.map((result) => isSo(result.response?.body.choices[0]))).toEqual(IDS.map(() => true));
    expect(billing["requests"]).toBe(6);
  });

  test("embeddings have no words to befall", async () => {
    const embedding = (id: string) => ({ body: { model: "text-embedding-3-small", input: id }, url: "/v1/embeddings" });
    const content = IDS.map((id) => line(id, "", embedding(id))).join("\n");
    const { batch, faults } = await sixLines("line_cut_off", content, "/v1/embeddings");
    expect([batch.request_counts?.completed, faults]).toEqual([6, {}]);
    expect((await sixLines("line_lost", content, "/v1/embeddings")).faults).toEqual({ line_lost: 6 });
  });
});

describe("a share of the lines", () => {
  const rates: FaultRates = { line_lost: 0.1, line_rate_limited: 0.2, line_doubled: 0.1 };

  async function outcomeOf(seed: number) {
    const { client, emulator } = await startWithFaults(rates, { faults: { seed, rates } });
    const batch = await runBatch(client, lines(400));
    const [output, errors] = [batch.output_file_id, batch.error_file_id].map((id) => resultLines(client, id));
    const again = await runBatch(client, lines(400));
    return {
      output: idsOf((await output) ?? []),
      errors: idsOf((await errors) ?? []),
      errorsAgain: idsOf(await resultLines(client, again.error_file_id)),
      faults: await emulatorPage(emulator.url, "faults"),
    };
  }

  test("is met, the same for the same seed, and another when it is asked again", async () => {
    const first = await outcomeOf(7);
    expect(await outcomeOf(7)).toEqual(first);
    expect((await outcomeOf(8)).errors).not.toEqual(first.errors);
    expect(first.errorsAgain).not.toEqual(first.errors);
    expect(first.errors.length / 400).toBeGreaterThan(0.12);
    expect(first.errors.length / 400).toBeLessThan(0.28);
    const { line_lost: lost = 0, line_rate_limited: limited = 0, line_doubled: doubled = 0 } = first.faults;
    expect(limited).toBe(first.errors.length + first.errorsAgain.length);
    expect([lost, doubled].every((count) => count > 40 && count < 140)).toBe(true);
  });
});
