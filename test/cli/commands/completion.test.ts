import { execFile } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { definitionOf, optionsOf } from "../../../src/config/options.ts";
import { runMain } from "../test-host.ts";

const run = promisify(execFile);

async function script(shell: string): Promise<string> {
  const { status, stdout } = await runMain(["completion", shell]);
  expect(status).toBe(0);
  return stdout;
}

/** What bash would offer at the end of a command line, in a folder with one file, `rows.csv`. */
async function completions(line: string): Promise<string[]> {
  const cwd = await mkdtemp(join(tmpdir(), "bg-pipe-completion-"));
  await writeFile(join(cwd, "rows.csv"), "");
  const words = line.split(/(=)| /).filter((word) => word !== undefined);
  const asked = `
    COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
    _bg_pipe; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await run("bash", ["-c", (await script("bash")) + asked], { cwd });
  return stdout.split("\n").filter(Boolean);
}

test("the bash script is one that bash can read", async () => {
  await run("bash", ["-n", "-c", await script("bash")]);
});

test.each([
  ["bg-pipe gr", ["grade"]],
  ["bg-pipe --v", ["--version"]],
  ["bg-pipe grade --max-b", ["--max-batches"]],
  ["bg-pipe grade --order ", ["input", "completion"]],
  ["bg-pipe grade --order comp", ["completion"]],
  ["bg-pipe grade --order=comp", ["completion"]],
  ["bg-pipe grade --order=", ["input", "completion"]],
  ["bg-pipe grade ro", ["rows.csv"]],
  ["bg-pipe grade --schema ro", ["rows.csv"]],
  ["bg-pipe grade -o ro", ["rows.csv"]],
  ["bg-pipe grade --model ", []],
  ["bg-pipe --quiet grade --prov", ["--provider"]],
  ["bg-pipe config ", ["print", "check", "init"]],
  ["bg-pipe completion z", ["zsh"]],
  ["bg-pipe emulate --mod", []],
])("bash: %j offers %j", async (line, expected) => {
  expect(await completions(line)).toEqual(expected);
});

test("bash: all flags of grade are offered", async () => {
  const flags = optionsOf("grade").filter((name) => !definitionOf(name).fileOnly);
  expect(await completions("bg-pipe grade --")).toEqual([...flags.map((name) => `--${name}`), "--help"]);
});

test.each(["zsh", "fish"])("the %s script names every command and flag, and survives quotes", async (shell) => {
  const text = await script(shell);
  for (const name of optionsOf("grade").filter((name) => !definitionOf(name).fileOnly)) {
    expect(text).toMatch(shell === "zsh" ? new RegExp(`'\\*?--${name}[=[]`) : ` -l ${name} `);
  }
  for (const name of ["grade", "emulate", "config", "completion", "help"]) expect(text).toContain(name);
  const isPresent = await run(shell, ["--version"]).then(
    () => true,
    () => false,
  );
  if (isPresent) await run(shell, ["-n", "-c", text]);
});

test.each([[["completion"]], [["completion", "tcsh"]]])("%j is a usage error", async (argv) => {
  const { status, stderr } = await runMain(argv);
  expect([status, stderr]).toEqual([64, "bg-pipe: completion needs the name of a shell: bash, zsh, fish\n"]);
});
