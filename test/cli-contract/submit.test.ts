import { describe, expect, test } from "vitest";
import { jsonl, linesOf, numbered, Sandbox, startExternal } from "./support.ts";

const ON_EMULATOR = ["--provider", "emulator"];

/** A request line as another program might have written it. */
function line(customId: unknown, body: object, more: object = {}): string {
  const messages = [{ role: "user", content: `say ${customId}` }];
  const request = { model: "gpt-4.1-mini", messages, ...body };
  return JSON.stringify({ custom_id: customId, method: "POST", url: "/v1/chat/completions", body: request, ...more });
}

describe("submit", () => {
  test("takes a file made by others: its own ids, models and spelling, each line answered once", async () => {
    const sandbox = new Sandbox();
    const external = await startExternal(sandbox);
    const equal = { messages: [{ role: "user", content: "é" }] };
    const lines = [
      line("a", {}),
      line("b", { model: "gpt-5-mini" }),
      line("equal 1", equal),
      line("equal 2", equal).replace("é", "\\u00e9").replaceAll(":", " : "),
      line("seed", {}).replace('"model"', '"seed": 12345678901234567890, "top_p": 1.0, "model"'),
      line("refused", { messages: [{ role: "user", content: "[[emulator:refuse]]" }] }),
    ];
    const file = sandbox.write("others.jsonl", `${lines.join("\n")}\n`);
    const { env, args } = external;
    const { status, stdout, stderr } = await sandbox.run(["submit", file, ...args.slice(1, 3), ...args.slice(5)], {
      env,
    });
    expect(status).toBe(1);
    const results = linesOf(stdout).map((text) => JSON.parse(text));
    expect(results.map((result) => result.custom_id)).toEqual(["a", "b", "equal 1", "equal 2", "seed", "refused"]);
    expect(results.map((result) => result.response?.status_code)).toEqual(Array(6).fill(200));
    expect(results.map((result) => result.response?.body.model.slice(0, 5))).toEqual([
      "gpt-4",
      "gpt-5",
      "gpt-4",
      "gpt-4",
      "gpt-4",
      "gpt-4",
    ]);
    expect(results[5].error).toMatchObject({ code: "refused", type: "bg_pipe" });
    expect(results[2].response).toEqual(results[3].response);
    expect(stderr).toMatch(/5 asked, 0 from the ledger, 1 equal to another row/);
    const { requests } = await external.billing();
    expect(requests).toBe(5);
    expect((await external.calls())["POST /v1/batches"]).toBe(2);
  });

  test("an answer that breaks the schema in its own request's body is asked again", async () => {
    const sandbox = new Sandbox();
    const text = (name: string) => ({
      messages: [{ role: "user", content: `${name} [[emulator:invalid_answer,times=1]]` }],
    });
    const format = (type: string) => {
      const schema = { type: "object", properties: { a: { type } }, required: ["a"], additionalProperties: false };
      return { response_format: { type: "json_schema", json_schema: { name: "x", strict: true, schema } } };
    };
    const lines = [
      line("1", { ...text("one"), ...format("integer") }),
      line("2", { ...text("two"), ...format("string") }),
      line("3", { messages: [{ role: "user", content: "three" }] }),
    ];
    const { status, stdout, stderr } = await sandbox.run(["submit", ...ON_EMULATOR, "--poll-interval", "0.1"], {
      stdin: `${lines.join("\n")}\n`,
    });
    expect(status).toBe(0);
    expect(stderr).toMatch(/2 asked again/);
    const answers = linesOf(stdout).map((one) => JSON.parse(one).response.body.choices[0].message.content);
    expect([typeof JSON.parse(answers[0]).a, typeof JSON.parse(answers[1]).a]).toEqual(["number", "string"]);
  });

  test("lines that are no requests are error lines, each with its place; nothing is lost", async () => {
    const sandbox = new Sandbox();
    const lines = [
      line("ok", {}),
      "{broken",
      line("", {}),
      line(undefined, {}),
      line("get", {}, { method: "GET" }),
      line("elsewhere", {}, { url: "/v1/embeddings" }),
      line("no body", {}, { body: null }),
      line("no model", { model: "" }),
      line("stream", { stream: true }),
    ];
    const file = sandbox.write("r.jsonl", `${lines.join("\n")}\n`);
    const args = ["submit", file, ...ON_EMULATOR, "--errors", "failed.jsonl"];
    const { status, stdout } = await sandbox.run(args);
    expect(status).toBe(1);
    const results = linesOf(stdout).map((text) => JSON.parse(text));
    const ids = ["ok", null, "", null, "get", "elsewhere", "no body", "no model", "stream"];
    expect(results.map((result) => result.custom_id)).toEqual(ids);
    expect(results.slice(1).map(({ error }) => [error.code, error.message.slice(0, 9)])).toEqual(
      ids.slice(1).map((_, index) => ["bad_input", `r.jsonl:${index + 2}`]),
    );
    expect(linesOf(sandbox.read("failed.jsonl"))).toEqual(linesOf(stdout).slice(1));
    const halted = await sandbox.run([...args, "--on-error", "halt"]);
    expect(halted.status).toBe(65);
    expect(halted.stderr).toContain("r.jsonl:2:2");
  });

  test.each([
    [
      "a custom_id twice",
      `${line("x", {})}\n${line("y", {})}\n${line("x", { n: 1 })}\n`,
      /-:3: the custom_id "x" is that of -:1, too/,
    ],
    ["rows instead of requests", jsonl(numbered(3)), /-:1: this is no file of requests/],
  ])("%s ends it with 65, before anything is sent", async (_name, stdin, message) => {
    const sandbox = new Sandbox();
    const { status, stdout, stderr } = await sandbox.run(["submit", ...ON_EMULATOR], { stdin });
    expect([status, stdout]).toEqual([65, ""]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain("batch submitted");
  });

  test("--detach leaves with 75, and the same command goes on; --max-cost leaves lines out with 76", async () => {
    const sandbox = new Sandbox();
    const { env, args: external } = await startExternal(sandbox);
    const args = ["submit", "r.jsonl", ...external.slice(1, 3), ...external.slice(5)];
    sandbox.write("r.jsonl", `${line("1", {})}\n${line("2", {})}\n`);
    const dry = await sandbox.run([...args, "--dry-run"], { env });
    expect([dry.status, dry.stdout]).toEqual([0, ""]);
    expect(dry.stderr).toMatch(/2 to ask of gpt-4.1-mini/);
    const left = await sandbox.run([...args, "-o", "results.jsonl", "--detach"], { env });
    expect(left.status).toBe(75);
    expect((await sandbox.run([...args, "-o", "results.jsonl"], { env })).status).toBe(0);
    expect(linesOf(sandbox.read("results.jsonl"))).toHaveLength(2);
    sandbox.write("r.jsonl", `${line("3", {})}\n`);
    const poor = await sandbox.run([...args, "--max-cost", "0.0000001"], { env });
    expect(poor.status).toBe(76);
    expect(JSON.parse(poor.stdout).error.code).toBe("budget_exceeded");
  });

  test("killed behind any step, the same command goes on: one batch, one bill, the same lines", async () => {
    const sandbox = new Sandbox();
    const { env, args: external, billing, calls } = await startExternal(sandbox);
    const args = ["submit", "r.jsonl", ...external.slice(1, 3), ...external.slice(5), "-o", "out.jsonl"];
    sandbox.write("r.jsonl", `${[1, 2, 3].map((id) => line(id === 3 ? "x" : `${id}`, {})).join("\n")}\n`);
    for (const point of ["chunk.sealed.after", "call.create.after", "call.download.after", "output.write.before"]) {
      const killed = await sandbox.run(args, { env: { ...env, BG_PIPE_FAILPOINT: point } });
      expect([point, killed.status]).toEqual([point, 137]);
    }
    expect((await sandbox.run(args, { env })).status).toBe(0);
    const ids = linesOf(sandbox.read("out.jsonl")).map((text) => JSON.parse(text).custom_id);
    expect(ids).toEqual(["1", "2", "x"]);
    expect(await billing()).toMatchObject({ requests: 3 });
    expect((await calls())["POST /v1/batches"]).toBe(1);
  });

  test("an empty input asks nothing", async () => {
    const { status, stdout } = await new Sandbox().run(["submit", ...ON_EMULATOR]);
    expect([status, stdout]).toEqual([0, ""]);
  });
});
