import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { jsonl, numbered, Sandbox, startExternal } from "./support.ts";

/** How often the run is killed; SOAK=n raises it. */
const KILLS = Number(process.env["SOAK"] ?? 5);

// Two directives that pass, so that kills also fall between attempts.
const rows = [
  ...numbered(60),
  { id: 60, response: "[[emulator:status=500,times=1]]" },
  { id: 61, response: "text number 3" },
  { id: 62, response: "[[emulator:refuse]]" },
];

/** A number from 0 to 1 that looks random, the same in every run of the tests. */
const share = (index: number) => (Math.sin(index * 12.9898 + Number(process.env["SEED"] ?? 1)) * 43758.5453) % 1;

test("killed at random moments and run again: the same bytes, and each request billed once", {
  timeout: 60_000 + KILLS * 10_000,
}, async () => {
  const undisturbed = new Sandbox();
  const input = jsonl(rows);
  const options = ["--chunk-rows", "15", "--poll-interval", "0.1", "rows.jsonl", "-o", "out.jsonl"];
  undisturbed.write("rows.jsonl", input);
  const calm = await startExternal(undisturbed);
  expect((await undisturbed.run([...calm.args, ...options], { env: calm.env })).status).toBe(1);

  let sandbox = new Sandbox();
  let emulator = await startExternal(sandbox, { batchSeconds: 1 });
  for (let kill = 0; kill < KILLS; kill++) {
    if (kill % 5 === 0) {
      sandbox = new Sandbox();
      sandbox.write("rows.jsonl", input);
      emulator = await startExternal(sandbox, { batchSeconds: 1 });
    }
    const run = sandbox.start([...emulator.args, ...options], { env: emulator.env });
    const killed = await Promise.race([
      run.ended.then(() => false),
      delay(300 + Math.abs(share(kill)) * 4000).then(() => true),
    ]);
    if (killed) run.kill("SIGKILL");
    await run.ended;
    if ((kill + 1) % 5 !== 0 && kill + 1 !== KILLS) continue;
    const last = await sandbox.run([...emulator.args, ...options], { env: emulator.env });
    expect(last.status, last.stderr).toBe(1);
    expect(sandbox.read("out.jsonl")).toBe(undisturbed.read("out.jsonl"));
    const billed = await calm.billing();
    expect(await emulator.billing()).toMatchObject({
      requests: billed["requests"] ?? 0,
      distinct: billed["distinct"] ?? 0,
    });
  }
});
