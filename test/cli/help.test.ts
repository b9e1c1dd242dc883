import { expect, test } from "vitest";
import { commands } from "../../src/cli/commands/index.ts";
import { exitCodes } from "../../src/cli/exit-codes.ts";
import { findCommand } from "../../src/cli/find-command.ts";
import { flagForms } from "../../src/cli/flag-forms.ts";
import { helpText } from "../../src/cli/help.ts";
import { definitionOf, environmentNames } from "../../src/config/options.ts";
import { EXIT } from "../../src/core/errors.ts";
import { runMain } from "./test-host.ts";

const names = Object.keys(commands);

test.each([[["--help"]], [["-h"]], [["help"]]])("%j lists every command on stdout", async (argv) => {
  const run = await runMain(argv);
  expect(run).toMatchObject({ status: 0, stderr: "" });
  for (const name of names) expect(run.stdout).toContain(`\n  ${name} `);
});

test.each([
  [["grade", "--help"]],
  [["help", "grade"]],
  [["grade", "-h"]],
  [["--quiet", "grade", "in.csv", "--modle", "--help"]],
])("%j is the help on grade, whatever else is wrong", async (argv) => {
  const run = await runMain(argv);
  expect(run).toMatchObject({ status: 0, stderr: "" });
  expect(run.stdout).toMatch(/^Usage: bg-pipe grade /);
});

test("--help behind -- is an input", async () => {
  expect((await runMain(["help", "--", "--help"])).stderr).toContain('there is no command "--help"');
});

test.each(names)("the help on %s has its flags, defaults, variables, examples and exit codes", async (name) => {
  const command = await findCommand(name);
  const text = (await helpText(name)).replaceAll(/\s+/g, " ");
  expect(text).toContain(`Usage: bg-pipe ${command.usage}`);
  for (const option of command.options.filter((option) => !definitionOf(option).fileOnly)) {
    expect(text).toContain(`${flagForms(option)} ${definitionOf(option).summary}`);
    expect(text).toContain(`env: ${environmentNames(option).join(", ")}]`);
  }
  for (const { command: line } of command.examples) expect(text).toContain(line.replaceAll(/\s+/g, " "));
  for (const { status, meaning } of exitCodes) expect(text).toContain(`${status} ${meaning}`);
});

test("a command is registered under its own name, and has examples", async () => {
  for (const name of names) {
    const command = await findCommand(name);
    expect([command.name, command.usage.split(" ")[0]]).toEqual([name, name]);
    expect(command.examples.some((example) => example.command.includes(`bg-pipe ${name}`))).toBe(true);
  }
});

test.each([40, 60, 80, 120])("lines keep within %d columns, but for examples and single words", async (columns) => {
  const text = await helpText("grade", columns);
  const [beforeExamples = ""] = text.split("\nExamples:\n");
  expect((await helpText("run", columns)).split("\nExamples:\n")[1]).not.toMatch(/^ {2}(?!#|bg-pipe|cat)[a-z]/m);
  const long = beforeExamples.split("\n").filter((line) => line.length > columns && line.trim().includes(" "));
  expect(long).toEqual([]);
});

test("the terminal's width is used, within reason", async () => {
  const widths = [1, 60, 1000].map(async (columns) => {
    const { stdout } = await runMain(["--help"], { columns });
    return Math.max(...stdout.split("\n").map((line) => line.length));
  });
  const [tiny = 0, usual = 0, huge = 0] = await Promise.all(widths);
  expect(tiny).toBeGreaterThan(20);
  expect(usual).toBeLessThanOrEqual(60);
  expect(huge).toBeLessThanOrEqual(120);
});

test("every exit status of the catalogue has its meaning", () => {
  const known = exitCodes.map(({ status }) => status);
  expect(Object.values(EXIT).filter((status) => !known.includes(status))).toEqual([]);
  expect(known).toEqual([...known].sort((a, b) => a - b));
});
