import { expect, test } from "vitest";
import { jsonl, linesOf, rowsOf, Sandbox } from "./support.ts";

const PARAMETERS = { type: "object", properties: { stars: { type: "integer" } }, required: ["stars"] };
const ROW = jsonl([{ response: "a" }]);
const ASK = ["--user", "{{ text }}"];

function offering(endpoint: string): readonly string[] {
  const rate = { name: "rate", parameters: PARAMETERS };
  const tool = endpoint === "/v1/responses" ? { type: "function", ...rate } : { type: "function", function: rate };
  return ["--endpoint", endpoint, "--param", `tools=${JSON.stringify([tool])}`];
}

test.each(["/v1/chat/completions", "/v1/responses"])("%s: a tool call is the answer", async (endpoint) => {
  const { status, stdout } = await new Sandbox().grade([...ASK, ...offering(endpoint), "--meta"], { stdin: ROW });
  expect(status).toBe(0);
  const [row] = rowsOf(stdout);
  expect(row?.grade).toEqual({ tool_calls: [{ name: "rate", arguments: { stars: expect.any(Number) } }] });
  expect(row?.grade_meta?.["finish_reason"]).toBe("tool_calls");
});

test("a tool call in the place of the object that a schema asks for has its column", async () => {
  const sandbox = new Sandbox();
  sandbox.write("schema.json", '{"type":"object","properties":{"score":{"type":"integer"}},"required":["score"]}');
  const args = [...ASK, ...offering("/v1/chat/completions"), "--schema", "schema.json", "--output-format", "csv"];
  const { status, stdout } = await sandbox.grade(args, { stdin: ROW });
  expect(status).toBe(0);
  const [header, row] = linesOf(stdout);
  expect(header).toBe("response,grade.score,grade.tool_calls,grade.text,grade_error.code,grade_error.message");
  expect(row).toMatch(/^a,,"\[\{""name"":""rate"",""arguments"":\{""stars"":-?\d+\}\}\]",,,$/);
});

test.each([
  ["/v1/chat/completions", ["--param", "logprobs=true", "--param", "top_logprobs=1"]],
  ["/v1/responses", ["--param", 'include=["message.output_text.logprobs"]']],
])("%s: log probabilities stand in the meta, and stay in the ledger", async (endpoint, params) => {
  const sandbox = new Sandbox();
  const args = [...ASK, "--endpoint", endpoint, ...params];
  const without = await sandbox.grade(args, { stdin: ROW });
  expect(without.stdout).not.toContain("logprob");
  const { stdout, stderr } = await sandbox.grade([...args, "--meta"], { stdin: ROW });
  expect(stderr).toContain("0 asked, 1 from the ledger");
  const [row] = rowsOf(stdout);
  const logprobs = row?.grade_meta?.["logprobs"] as { token: string }[];
  expect(logprobs.map(({ token }) => token).join("")).toBe(row?.grade);
  expect(logprobs[0]).toEqual({
    token: expect.any(String),
    logprob: expect.any(Number),
    bytes: expect.any(Array),
    top_logprobs: [expect.objectContaining({ token: expect.any(String), logprob: expect.any(Number) })],
  });
  const table = await sandbox.grade([...args, "--meta", "--output-format", "csv"], { stdin: ROW });
  expect(linesOf(table.stdout)[0]).toMatch(/,grade_meta\.repaired,grade_meta\.logprobs$/);
  expect(linesOf(table.stdout)[1]).toContain('[{""token""');
});

test("in a table an empty text is told from none, where there may be none", async () => {
  const sandbox = new Sandbox();
  const properties = { sure: { const: "" }, maybe: { enum: ["", "null"] } };
  sandbox.write("schema.json", JSON.stringify({ type: "object", properties, required: ["sure"] }));
  const stdin = jsonl(Array.from({ length: 40 }, (_, id) => ({ response: `${id}` })));
  const flags = [...ASK, "--schema", "schema.json", "--output-format", "csv"];
  const { stdout } = await sandbox.grade(flags, { stdin });
  const cells = new Set(
    linesOf(stdout)
      .slice(1)
      .map((line) => line.replace(/^\d+/, "")),
  );
  expect(cells).toEqual(new Set([",,,,", ',,"""""",,', ',,"""null""",,']));
});
