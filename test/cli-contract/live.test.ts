import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { Bill, costsOf, summaryIn, sumOf, usageEvents } from "./bills.ts";
import {
  codesOf,
  type External,
  jsonl,
  KEY,
  numbered,
  type Sandbox as Place,
  rowsOf,
  Sandbox,
  STACK,
  startExternal,
  until,
} from "./support.ts";

const SCHEMA = JSON.stringify({
  type: "object",
  properties: { score: { type: "integer" }, reason: { type: "string" } },
  required: ["score", "reason"],
  additionalProperties: false,
});
const ASK = "POST /v1/chat/completions";
const CREATE = "POST /v1/batches";

/** Ways to fail that are the same every time. */
const FAILING = ["refuse", "content_filter", "status=400", "status=422", "invalid_answer", "cut_off"];

/** Rows of every kind; the first of them is there twice. */
const MIXED = [
  jsonl([...numbered(40), ...numbered(1)]),
  jsonl(FAILING.map((directive) => ({ response: `[[emulator:${directive}]]` }))),
  '{bad\n{"id": 1}\n\n',
  '{"2": 1, "1": 12345678901234567890, "response": "a\u2028b \\u00e9 \ud83d\ude00", "1.0": 1.0}\n',
  `${JSON.stringify({ id: "last", response: 'says "no",\nand leaves' })}\n`,
].join("");

function runner(sandbox: Place, emulator: External, stdin: string) {
  return (...args: readonly string[]) => sandbox.run([...emulator.args, ...args], { env: emulator.env, stdin });
}

/** Without what says by which way an answer came. */
function withoutWay(output: string): string {
  return output
    .replace(/"batch_id":(null|"batch_\w+")/g, '"batch_id":…')
    .replace(/"cost_usd":[\d.e-]+/g, '"cost_usd":…');
}

test("live and batch give the same bytes, and each takes the other's answers", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  sandbox.write("schema.json", SCHEMA);
  const grade = runner(sandbox, emulator, MIXED);
  const flags = ["--schema", "schema.json", "--meta", "--retries", "1", "--state-dir"];
  const live = await grade(...flags, "live", "--mode", "live");
  expect(live.status).toBe(1);
  expect(await emulator.calls()).not.toHaveProperty(CREATE);
  expect(await emulator.billing()).toMatchObject({ live: 48 });

  const batch = await grade(...flags, "batch");
  expect(batch.status).toBe(1);
  expect(withoutWay(live.stdout)).toBe(withoutWay(batch.stdout));
  expect(rowsOf(live.stdout)[0]?.grade_meta).toMatchObject({ batch_id: null, attempts: 1 });

  const posts = await emulator.posts();
  expect(await grade(...flags, "batch", "--mode", "live")).toMatchObject({ status: 1, stdout: batch.stdout });
  expect(await grade(...flags, "live")).toMatchObject({ status: 1, stdout: live.stdout });
  expect(await emulator.posts()).toBe(posts);
});

test("CSV to CSV, by completion too: the rows of batch mode", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  sandbox.write("schema.json", SCHEMA);
  sandbox.write(
    "rows.csv",
    `id,response\n${FAILING.map((d, id) => `${id},"[[emulator:${d}]], ""x"""\n`).join("")}9,nine\n9\n`,
  );
  const grade = runner(sandbox, emulator, "");
  const flags = ["rows.csv", "--schema", "schema.json", "--retries", "0"];
  const batch = await grade(...flags, "--state-dir", "batch");
  const live = await grade(...flags, "--state-dir", "live", "--mode", "live");
  expect(live).toMatchObject({ status: 1, stdout: batch.stdout });
  const byCompletion = await grade(...flags, "--state-dir", "third", "--mode", "live", "--order", "completion");
  const sorted = (text: string) => text.split("\n").sort();
  expect(sorted(byCompletion.stdout)).toEqual(sorted(batch.stdout));
});

test("what passes is asked again, what is invalid with its reason; each call is paid for once, at live prices", async () => {
  const sandbox = new Sandbox();
  sandbox.write("schema.json", SCHEMA);
  const passing = ["status=500,times=2", "status=503,times=1", "status=0,times=1", "status=429,times=1"];
  const paid = ["lose,times=1", "corrupt,times=1", "invalid_answer,times=1", "cut_off,times=1"];
  const rows = [...passing, ...paid, "invalid_answer"].map((word) => ({ response: `[[emulator:${word}]]` }));
  const flags = ["--schema", "schema.json", "--mode", "live", "--meta", "--retries", "2", "--summary", "summary.json"];
  const { status, stdout } = await sandbox.grade(flags, { stdin: jsonl([...numbered(5), ...rows]) });
  expect(status).toBe(1);
  expect(codesOf(stdout)).toEqual([...Array<null>(13).fill(null), "invalid_answer"]);
  expect(rowsOf(stdout).map((row) => row.grade_meta?.["attempts"])).toEqual([...Array<number>(11).fill(1), 2, 2, 3]);
  // Once for each of 13, once more for each of the four that were paid for in vain, three times for the last.
  const bill = new Bill(sandbox, "state/bg-pipe/emulator");
  expect(bill.lines).toHaveLength(13 + 4 + 3);

  // Nobody can know that replies which never came were paid for.
  const known = bill.cost - costOfVain(bill);
  const { all_time: costs } = await costsOf(sandbox);
  expect([costs.cost_usd, sumOf(usageEvents(sandbox)), summaryIn(sandbox).cost.billed_usd]).toEqual([
    known,
    known,
    known,
  ]);
  expect(costs.requests).toBe(bill.lines.length - 2);
});

/** What the first answers to the two requests cost whose replies did not come through. */
function costOfVain(bill: Bill): bigint {
  const times = new Map<string, number>();
  for (const { request } of bill.lines) times.set(request, (times.get(request) ?? 0) + 1);
  const seen = new Set<string>();
  return bill.costOf(({ request }) => {
    const isFirst = !seen.has(request);
    seen.add(request);
    return isFirst && times.get(request) === 2;
  });
}

test("whatever befalls the calls, the rows are those of a calm day", async () => {
  const sandbox = new Sandbox();
  const rates = { rate_limit: 0.01, server_error: 0.05, bad_gateway: 0.05, overloaded: 0.05, reset_before: 0.05 };
  const cuts = { reset_after: 0.05, hang: 0.02, body_hang: 0.02, body_drip: 0.05, body_cut: 0.05, body_short: 0.05 };
  const faults = Object.entries({ ...rates, ...cuts }).flatMap(([name, rate]) => ["--fault", `${name}=${rate}`]);
  const options = { stdin: jsonl(numbered(120)) };
  const flags = ["--mode", "live", "--state-dir"];
  const calm = await sandbox.grade([...flags, "calm"], options);
  const stormy = await sandbox.grade([...flags, "stormy", "--fault-seconds", "0.2", ...faults], options);
  expect(stormy).toMatchObject({ status: 0, stdout: calm.stdout });
});

test("--concurrency and --rpm are kept", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox, { liveSeconds: 0.05 });
  const run = sandbox.start([...emulator.args, "--mode", "live", "--concurrency", "2", "--rpm", "10"], {
    env: emulator.env,
    stdin: jsonl(numbered(30)),
  });
  await until(async () => ((await emulator.calls())[ASK] ?? 0) >= 2, "two calls");
  await settledCalls(emulator);
  expect((await emulator.calls())[ASK]).toBeLessThanOrEqual(10);
  run.kill("SIGTERM");
  expect((await run.ended).status).toBe(143);
});

/** Waits until no more calls come. */
async function settledCalls(emulator: External): Promise<number> {
  let before = -1;
  for (let now = 0; now !== before; now = (await emulator.calls())[ASK] ?? 0) {
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 700));
  }
  return before;
}

test("a consumer that does not read stops the calls", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const rows = Array.from({ length: 4000 }, (_, id) => ({ id, response: "a", pad: "x".repeat(2000), n: `${id}` }));
  sandbox.write("rows.jsonl", jsonl(rows));
  const flags = [...emulator.args, "--mode", "live", "--user", "'{{ id }}'", "rows.jsonl"].join(" ");
  const line = `bg-pipe ${flags} | { head -c 1 >/dev/null; until [ -e go ]; do sleep 0.05; done; wc -l; }`;
  const run = sandbox.shell(line, { env: emulator.env });
  await until(async () => ((await emulator.calls())[ASK] ?? 0) >= 100, "calls");
  const calls = await settledCalls(emulator);
  expect(calls).toBeLessThan(2000);
  sandbox.write("go", "");
  // The first byte of the first line went another way.
  expect((await run).stdout.trim()).toBe("4000");
  expect(await emulator.billing()).toMatchObject({ requests: 4000, distinct: 4000 });
});

test("--deadline: what batches have done is kept, the rest goes live, nothing is paid for twice", async () => {
  const sandbox = new Sandbox();
  const calm = await startExternal(sandbox, { directory: sandbox.path("state/calm") });
  const emulator = await startExternal(sandbox, { batchSeconds: 6 });
  const stdin = jsonl(numbered(60));
  const expected = await runner(sandbox, calm, stdin)("--state-dir", "calm");
  const grade = runner(sandbox, emulator, stdin);
  const flags = ["--chunk-rows", "20", "--max-batches", "2", "--deadline", "3", "--summary", "summary.json"];
  const found = await grade(...flags);
  expect(found).toMatchObject({ status: 0, stdout: expected.stdout });
  const billing = await emulator.billing();
  expect(billing).toMatchObject({ requests: 60, distinct: 60 });
  expect(billing["live"]).toBeGreaterThanOrEqual(20);
  expect(billing["live"]).toBeLessThan(60);
  const bill = new Bill(sandbox);
  const { all_time: costs } = await costsOf(sandbox);
  expect([costs.cost_usd, summaryIn(sandbox).cost.billed_usd]).toEqual([bill.cost, bill.cost]);

  const posts = await emulator.posts();
  expect(await grade(...flags)).toMatchObject({ status: 0, stdout: expected.stdout });
  expect(await emulator.posts()).toBe(posts);
});

test("--deadline 0, and a batch that an earlier run left: it is ended and salvaged", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox, { batchSeconds: 100 });
  const grade = runner(sandbox, emulator, jsonl(numbered(20)));
  expect((await grade("--detach")).status).toBe(75);
  const { status, stdout } = await grade("--deadline", "0");
  expect([status, rowsOf(stdout).length]).toEqual([0, 20]);
  expect(await emulator.billing()).toMatchObject({ requests: 20, distinct: 20 });
  expect((await emulator.calls())[CREATE]).toBe(1);
});

test("--mode auto: few rows live, many in batches, and near deadlines live", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const auto = ["--mode", "auto", "--live-below", "10"];
  expect((await runner(sandbox, emulator, jsonl(numbered(9)))(...auto)).status).toBe(0);
  expect(await emulator.calls()).toMatchObject({ [ASK]: 9 });
  expect(await emulator.calls()).not.toHaveProperty(CREATE);
  const many = await runner(sandbox, emulator, jsonl(numbered(10, 100)))(...auto);
  expect([many.status, rowsOf(many.stdout).length]).toEqual([0, 10]);
  expect(await emulator.calls()).toMatchObject({ [ASK]: 9, [CREATE]: 1 });
  const near = await runner(sandbox, emulator, jsonl(numbered(10, 200)))(...auto, "--deadline", "5m");
  expect(near.status).toBe(0);
  expect(await emulator.calls()).toMatchObject({ [ASK]: 19, [CREATE]: 1 });
});

test("--detach submits batches: with --mode live it is a mistake, with auto there are batches", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const grade = runner(sandbox, emulator, jsonl(numbered(3)));
  const wrong = await grade("--mode", "live", "--detach");
  expect(wrong).toMatchObject({ status: 64, stdout: "" });
  expect(wrong.stderr).toMatch(/--detach/);
  expect(await emulator.posts()).toBe(0);
  expect((await grade("--mode", "auto", "--detach")).status).toBe(75);
  expect(await emulator.calls()).toMatchObject({ [CREATE]: 1 });
});

test("--wait: leaves with 75 when it is over, and goes on from there", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox, { liveSeconds: 0.3 });
  const flags = ["--mode", "live", "--concurrency", "2"];
  const grade = runner(sandbox, emulator, jsonl(numbered(20)));
  const left = await grade(...flags, "--wait", "1");
  expect(left.status).toBe(75);
  expect(left.stderr).toMatch(/same command/);
  const first = await emulator.billing();
  expect(first["requests"]).toBeGreaterThan(0);
  expect(first["requests"]).toBeLessThan(20);
  const { status, stdout } = await grade("--mode", "live");
  expect([status, rowsOf(stdout).length]).toEqual([0, 20]);
  expect(await emulator.billing()).toMatchObject({ requests: 20, distinct: 20 });
});

test("--max-cost and --token-limit end with 76, and are kept", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const grade = runner(sandbox, emulator, jsonl(numbered(200)));
  const flags = ["--mode", "live", "--system", "Say.", "--user", "{{ response }}", "--max-output-tokens", "100"];
  const { status, stdout } = await grade(...flags, "--max-cost", "0.002");
  expect(status).toBe(76);
  const codes = codesOf(stdout);
  expect([codes.length, new Set(codes)]).toEqual([200, new Set([null, "budget_exceeded"])]);
  const { cost, lines } = new Bill(sandbox);
  expect(cost).toBeLessThanOrEqual(2_000_000_000n);
  expect(lines).toHaveLength(codes.filter((code) => code === null).length);

  const limited = await grade("--mode", "live", "--state-dir", "other", "--token-limit", "5000");
  expect(limited.status).toBe(76);
  const { tokens } = new Bill(sandbox);
  expect(tokens.input).toBeLessThanOrEqual(5000 + lines.reduce((sum, { usage }) => sum + usage.input_tokens, 0));
});

/** A server that gives the same answer to every call. */
async function startStub(status: number, error: object): Promise<{ url: string; calls: () => number }> {
  let calls = 0;
  const server = createServer((request, response) => {
    calls++;
    request.resume().on("end", () => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ error }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return { url: `http://127.0.0.1:${port}/v1`, calls: () => calls };
}

test.for([
  [401, "invalid_api_key", 77],
  [404, "model_not_found", 78],
  [429, "insufficient_quota", 75],
] as const)("%d %s ends the run with %d, at once and without failed rows", async ([status, code, exit]) => {
  const sandbox = new Sandbox();
  const stub = await startStub(status, { message: `it is ${code}, ${KEY}`, type: code, code });
  const args = ["grade", "--base-url", stub.url, "--model", "gpt-4.1-mini", "--mode", "live", "--concurrency", "5"];
  const env = { OPENAI_API_KEY: KEY };
  const { stdout, stderr, ...end } = await sandbox.run(args, { env, stdin: jsonl(numbered(50)) });
  expect([end.status, stdout]).toEqual([exit, ""]);
  expect(stderr).toContain(code);
  expect(stderr).not.toContain(KEY);
  expect(stderr).not.toMatch(STACK);
  expect(stub.calls()).toBeLessThanOrEqual(10);

  // No row has failed: with that mended, all are answered.
  const emulator = await startExternal(sandbox);
  const again = await runner(sandbox, emulator, jsonl(numbered(50)))("--mode", "live");
  expect(again.status).toBe(0);
});

test.for([
  ["SIGINT", 130, 0.4],
  ["SIGTERM", 143, 60],
] as const)(
  "%s ends with %d though a call takes %d s, and what was answered is kept",
  async ([signal, status, seconds]) => {
    const sandbox = new Sandbox();
    const emulator = await startExternal(sandbox, { liveSeconds: seconds });
    const args = [...emulator.args, "--mode", "live", "--concurrency", "4", "-o", "out.jsonl"];
    const options = { env: emulator.env, stdin: jsonl(numbered(30)) };
    const run = sandbox.start(args, options);
    await until(async () => ((await emulator.calls())[ASK] ?? 0) >= (seconds < 1 ? 8 : 4), "calls");
    const signalled = Date.now();
    run.kill(signal);
    const stopped = await run.ended;
    expect(Date.now() - signalled).toBeLessThan(8000);
    expect(stopped).toMatchObject({ status, stdout: "" });
    expect(stopped.stderr).toMatch(/same command/);
    expect(stopped.stderr).not.toMatch(STACK);
    if (seconds > 1) return;

    const { requests } = await emulator.billing();
    expect(requests).toBeLessThan(30);
    expect((await sandbox.run(args, options)).status).toBe(0);
    expect(rowsOf(sandbox.read("out.jsonl"))).toHaveLength(30);
    // The calls under way were waited for, as they were paid for.
    expect(await emulator.billing()).toMatchObject({ requests: 30, distinct: 30 });
  },
);

test("two processes at once: each request is asked by one of them", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox, { liveSeconds: 0.1 });
  const flags = ["--mode", "live", "--concurrency", "5"];
  const one = runner(sandbox, emulator, jsonl(numbered(60)))(...flags, "-o", "one.jsonl");
  const two = runner(sandbox, emulator, jsonl(numbered(60)))(...flags, "-o", "two.jsonl");
  expect([(await one).status, (await two).status]).toEqual([0, 0]);
  expect(sandbox.read("one.jsonl")).toBe(sandbox.read("two.jsonl"));
  expect(await emulator.billing()).toMatchObject({ requests: 60, distinct: 60 });
});

test("embeddings and responses, live as in batches", async () => {
  const sandbox = new Sandbox();
  const emulator = await startExternal(sandbox);
  const grade = runner(sandbox, emulator, jsonl(numbered(5)));
  for (const [endpoint, model] of [
    ["/v1/embeddings", "text-embedding-3-small"],
    ["/v1/responses", "gpt-4.1-mini"],
  ] as const) {
    const flags = ["--endpoint", endpoint, "--model", model, "--state-dir"];
    const batch = await grade(...flags, "batch");
    const live = await grade(...flags, "live", "--mode", "live");
    expect(live).toMatchObject({ status: 0, stdout: batch.stdout });
  }
});
