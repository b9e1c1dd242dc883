import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { runMain } from "../test-host.ts";

afterEach(() => vi.useRealTimers());

/** A day on which the table is young, whenever the tests are run. */
function pretend(day: string): void {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date(day) });
}

async function folderWith(configuration: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "bg-pipe-prices-"));
  await writeFile(join(folder, "bg-pipe.yaml"), configuration);
  return folder;
}

test("the table for people has its date, both modes, tiers, and where each price is from", async () => {
  pretend("2026-11-22");
  const run = await runMain(["prices", "gpt-5.4", "gpt-4.1-mini-2025-04-14"]);
  expect(run).toMatchObject({ status: 0, stderr: "" });
  const lines = run.stdout.split("\n").map((line) => line.trim().split(/ {2,}/).join("|"));
  expect(lines).toEqual([
    "batch|live",
    "model|input|cached|write|output|input|cached|write|output|as of|from",
    "gpt-5.4|1.25|0.13|-|7.5|2.5|0.25|-|15|2026-09-22|package",
    "above 272,000 in|2.5|0.25|-|11.25|5|0.5|-|22.5",
    "gpt-4.1-mini-2025-04-14 (as gpt-4.1-mini)|0.2|0.2|-|0.8|0.4|0.1|-|1.6|2026-09-22|package",
    "",
    expect.stringMatching(/^USD per million tokens.*2026-11-21/),
    "",
  ]);
});

test("--json has exact numbers, null for what is not there, and the source", async () => {
  pretend("2026-11-22");
  const run = await runMain(["prices", "--json", "gpt-5-chat-latest", "gpt-5-nano"]);
  expect(run).toMatchObject({ status: 0, stderr: "" });
  expect(run.stdout).toContain('"cached_input": 0.0025');
  const printed = JSON.parse(run.stdout);
  expect(printed).toMatchObject({ updated: "2026-11-21", unit: "USD per million tokens" });
  expect(printed.models).toHaveLength(2);
  expect(printed.models[0]).toEqual({
    model: "gpt-5-chat-latest",
    entry: "gpt-5-chat-latest",
    batch: null,
    live: { input: 1.25, cached_input: 0.125, cache_write: null, output: 10 },
    tiers: [],
    source: "https://developers.openai.com/api/docs/pricing",
    as_of: "2025-11-13",
    origin: "package",
  });
});

test("without a name all are there, with the user's own and where those stand", async () => {
  pretend("2026-11-22");
  const cwd = await folderWith(
    'prices:\n  mine: { batch: { input: 0.0375, output: "0.15" } }\n  gpt-4o: { live: { output: 9 } }\n',
  );
  const { models } = JSON.parse((await runMain(["prices", "--json"], { cwd })).stdout);
  expect(models.length).toBeGreaterThan(40);
  const named = (name: string) => models.find(({ model }: { model: string }) => model === name);
  expect(named("mine")).toMatchObject({
    batch: { input: 0.0375, cached_input: 0.0375, output: 0.15 },
    live: null,
    source: null,
    as_of: null,
    origin: "bg-pipe.yaml:2:3",
  });
  expect(named("gpt-4o")).toMatchObject({ live: { input: 2.5, output: 9 }, origin: "bg-pipe.yaml:2:3" });
  expect(named("gpt-5")).toMatchObject({ origin: "package" });
  expect((await runMain(["prices", "mine"], { cwd })).stdout).toMatch(/^mine .* - +bg-pipe\.yaml:2:3$/m);
});

test.each([
  [["gpt-41-mini"], 'Did you mean "gpt-4.1-mini"'],
  [["gpt-5", "ft:gpt-4o-mini-2024-07-18:org::id"], "prices:"],
])("%j has a model without a price: exit 78, and nothing on stdout", async (names, hint) => {
  const run = await runMain(["prices", ...names]);
  expect(run).toMatchObject({ status: 78, stdout: "", stderr: expect.stringContaining(`"${names.at(-1)}"`) });
  expect(run.stderr).toContain(hint);
});

test("a wrong price of the user's is told with place and key", async () => {
  const cwd = await folderWith("prices:\n  mine: { live: { input: 5e-7 } }\n");
  const run = await runMain(["prices"], { cwd });
  expect(run).toMatchObject({ status: 78, stdout: "" });
  expect(run.stderr).toContain("bg-pipe.yaml:2:3: prices.mine: live.input is 5e-7");
});

test("a table older than 180 days is warned of on stderr", async () => {
  pretend("2027-05-20");
  expect((await runMain(["prices", "gpt-5"])).stderr).toBe("");
  pretend("2027-05-21");
  const old = await runMain(["prices", "gpt-5", "--quiet"]);
  expect(old).toMatchObject({ status: 0, stderr: expect.stringContaining("of 2026-11-21, 181 days old") });
  expect(old.stdout).not.toContain("days old");
});
