import { once } from "node:events";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { faultOptions } from "../../src/cli/emulator-options.ts";
import { flagConfiguration } from "../../src/config/load.ts";
import { FAULTS } from "../../src/emulator/faults.ts";
import { runMain } from "./test-host.ts";
import { BIN, ended, start } from "./test-process.ts";

const folder = () => mkdtemp(join(tmpdir(), "bg-pipe-faults-"));

async function optionsOf(flags: Record<string, readonly string[]>) {
  const configuration = flagConfiguration({
    flags,
    environment: {},
    cwd: "/nonexistent",
    home: "/nonexistent",
    readFile: async () => undefined,
  });
  return faultOptions(configuration);
}

test("flags become the emulator's options, and none become no faults", async () => {
  expect(await optionsOf({})).toEqual({ faults: { seed: 1, seconds: 2, rates: {} } });
  const flags = { fault: ["all=0.1", "hang=1"], "fault-seed": ["7"], "fault-seconds": ["500ms"] };
  expect(await optionsOf({ ...flags, "queue-limit": ["2M"], credit: ["0"] })).toEqual({
    faults: { seed: 7, seconds: 0.5, rates: { all: 0.1, hang: 1 } },
    queueLimit: 2_000_000,
    credit: 0,
  });
  const live = { "live-rpm": ["600"], "live-tpm": ["200k"], "live-latency": ["300ms"] };
  expect(await optionsOf(live)).toMatchObject({ liveRpm: 600, liveTpm: 200_000, liveSeconds: 0.3 });
});

test("a wrong fault on the command line ends with 64, names the nearest, and lists all", async () => {
  const { status, stderr } = await runMain(["emulate", "--fault", "line_lots=0.1"]);
  expect([status, stderr]).toEqual([64, expect.stringContaining('--fault: unknown fault "line_lots"')]);
  expect(stderr).toContain('Did you mean "line_lost"?');
  for (const name of Object.keys(FAULTS)) expect(stderr).toContain(name);
  const tooOften = await runMain(["grade", "--provider", "emulator", "--fault", "hang=1.5", "rows.jsonl"]);
  expect(tooOften).toMatchObject({ status: 64, stderr: expect.stringContaining("no number from 0 to 1") });
});

test("a wrong fault from elsewhere ends with 78, and names the place", async () => {
  const cwd = await folder();
  const inFile = async (text: string) => {
    await writeFile(join(cwd, "bg-pipe.yaml"), text);
    return runMain(["emulate"], { cwd });
  };
  expect(await inFile("# faults\nfault: { hangs: 0.5 }\n")).toMatchObject({
    status: 78,
    stderr: expect.stringMatching(/bg-pipe\.yaml:2:8: unknown fault "hangs"\n.*"hang"/),
  });
  expect(await inFile("fault: { hang: often }\n")).toMatchObject({
    status: 78,
    stderr: expect.stringContaining("often"),
  });
  expect(await inFile("fault: 0.5\n")).toMatchObject({
    status: 78,
    stderr: expect.stringContaining("has to be a map"),
  });
});

test.for([
  { argv: ["--provider", "openai", "--fault", "hang=1"], says: "--fault is for the emulator that a run brings along" },
  { argv: ["--provider", "groq", "--credit", "5"], says: "this run asks provider groq" },
  {
    argv: ["--provider", "emulator", "--base-url", "http://x/v1", "--queue-limit", "5"],
    says: "asks the server of --base-url",
  },
  { argv: ["--provider", "openai", "--live-rpm", "60"], says: "--live-rpm is for the emulator" },
  { argv: ["--provider", "openai", "--fault-seconds", "1"], says: "give the flag to bg-pipe emulate" },
])("faults for another server than the run's own are refused: $argv", async ({ argv, says }) => {
  const { status, stderr } = await runMain(["grade", "rows.jsonl", "--model", "m", ...argv]);
  expect([status, stderr]).toEqual([64, expect.stringContaining(says)]);
});

test("faults in a file that is also another server's are passed over, with a warning", async () => {
  const cwd = await folder();
  await writeFile(join(cwd, "bg-pipe.yaml"), "fault: { hang: 1 }\n");
  const argv = ["grade", join(cwd, "none.jsonl"), "--model", "gpt-5-mini", "--provider", "openai", "--dry-run"];
  const { status, stderr } = await runMain(argv, { cwd });
  expect([status, stderr]).toEqual([66, expect.stringMatching(/warning: fault is for .* \(from=bg-pipe\.yaml:1:8\)/)]);
});

test("emulate serves with the faults it was given", async () => {
  const argv = ["emulate", "--port", "0", "--directory", await folder(), "--fault", "rate_limit=1", "--credit", "3"];
  const child = start(BIN, argv);
  const [chunk] = await once(child.stderr ?? child, "data");
  const [, url = ""] = /OPENAI_BASE_URL=(\S+)\n/.exec(String(chunk)) ?? [];
  expect((await fetch(`${url}/batches`)).status).toBe(429);
  expect(await (await fetch(url.replace("/v1", "/emulator/faults"))).json()).toEqual({ rate_limit: 1 });
  const end = ended(child);
  child.kill("SIGTERM");
  expect((await end).status).toBe(143);
});
