import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { definitionOf, optionNames } from "../../../src/config/options.ts";
import { runMain } from "../test-host.ts";

const folder = () => mkdtemp(join(tmpdir(), "bg-pipe-config-"));

test("print --json has every option with its value and origin", async () => {
  const run = await runMain(["config", "print", "--json", "--model", "m"], { environment: { BG_PIPE_RETRIES: "7" } });
  expect(run).toMatchObject({ status: 0, stderr: "" });
  const printed = JSON.parse(run.stdout);
  expect(Object.keys(printed)).toEqual(optionNames);
  expect(printed).toMatchObject({
    model: { value: "m", origin: "flag --model" },
    retries: { value: 7, origin: "env BG_PIPE_RETRIES" },
    "max-batches": { value: 20, origin: expect.stringMatching(/^default, config\/defaults\.yaml:\d+:\d+$/) },
    meta: { value: false, origin: "default" },
    "chunk-rows": { value: null, origin: null },
  });
});

test("print is YAML that is the same configuration again, with origins as comments", async () => {
  const cwd = await folder();
  const first = await runMain(["config", "print", "--model", "m", "--param", 'a={"b":"# x"}'], { cwd });
  expect(first.stdout).toMatch(/^model: "m" +# flag --model$/m);
  expect(first.stdout).toMatch(/^# chunk-rows: +# not set: the provider's limit$/m);
  expect(Object.keys(parse(first.stdout))).toContain("retries");
  await writeFile(join(cwd, "bg-pipe.yaml"), first.stdout);
  const second = await runMain(["config", "print"], { cwd });
  expect(parse(second.stdout)).toEqual(parse(first.stdout));
});

test("print never shows a secret", async () => {
  const cwd = await folder();
  await writeFile(join(cwd, "bg-pipe.yaml"), 'api-key: { env: "MY_KEY" }\nsystem: "call with sk-abcdefghijkl"\n');
  const environment = {
    OPENAI_API_KEY: "hunter22hunter",
    MY_KEY: "other-secret",
    OPENAI_BASE_URL: "http://u:hunter22hunter@h",
  };
  for (const argv of [
    ["config", "print"],
    ["config", "print", "--json"],
  ]) {
    const { stdout, stderr } = await runMain(argv, { cwd, environment });
    expect(stdout).toContain("MY_KEY");
    expect(stdout + stderr).not.toMatch(/hunter22|other-secret|abcdefghijkl/);
  }
});

test("check names the files it read, and the place of what is wrong", async () => {
  const cwd = await folder();
  await writeFile(join(cwd, "bg-pipe.yaml"), "model: m\n");
  const good = await runMain(["config", "check"], { cwd });
  expect(good).toMatchObject({ status: 0, stdout: expect.stringContaining(join(cwd, "bg-pipe.yaml")) });
  const json = await runMain(["config", "check", "--json"], { cwd });
  expect(JSON.parse(json.stdout)).toMatchObject({ ok: true, warnings: [] });
  await writeFile(join(cwd, "bg-pipe.yaml"), "model: m\nretries: -1\n");
  const bad = await runMain(["config", "check"], { cwd });
  expect(bad).toMatchObject({
    status: 78,
    stdout: "",
    stderr: expect.stringContaining("bg-pipe.yaml:2:10: retries is -1"),
  });
});

test("init writes a file that is all comments, and legal when they are taken away", async () => {
  const cwd = await folder();
  expect(await runMain(["config", "init"], { cwd })).toEqual({
    status: 0,
    stdout: "",
    stderr: "bg-pipe: wrote bg-pipe.yaml\n",
  });
  const text = await readFile(join(cwd, "bg-pipe.yaml"), "utf8");
  expect(parse(text)).toBeNull();
  const legal = optionNames.filter((name) => !definitionOf(name).flagOnly);
  const bare = text.replace(/^# ([a-z-]+: )/gm, (line, key: string) =>
    legal.some((name) => key === `${name}: `) ? key : line,
  );
  await writeFile(join(cwd, "bg-pipe.yaml"), bare);
  // The example of a plug-in is loaded, as the file is named.
  await writeFile(join(cwd, "my-format.ts"), 'export default { name: "my-format" };');
  expect(Object.keys(parse(bare)).sort()).toEqual([...legal].sort());
  expect(await runMain(["config", "check", "--config", "bg-pipe.yaml"], { cwd })).toMatchObject({
    status: 0,
    stderr: "",
  });
});

test("init never writes over a file", async () => {
  const cwd = await folder();
  await writeFile(join(cwd, "mine.yaml"), "model: precious\n");
  const run = await runMain(["config", "init", "mine.yaml"], { cwd });
  expect(run).toMatchObject({ status: 73, stderr: expect.stringContaining("mine.yaml is there already") });
  expect(await readFile(join(cwd, "mine.yaml"), "utf8")).toBe("model: precious\n");
});

test("init in a folder that is not there", async () => {
  const run = await runMain(["config", "init", "no/such/x.yaml"], { cwd: await folder() });
  expect(run).toMatchObject({ status: 73, stderr: expect.stringContaining("no/such/x.yaml") });
});

test.each([[["config"]], [["config", "show"]], [["config", "print", "extra"]]])("%j is a usage error", async (argv) => {
  expect((await runMain(argv)).status).toBe(64);
});
