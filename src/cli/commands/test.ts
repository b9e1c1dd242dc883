import { displayPath } from "../../config/directories.ts";
import { optionsOf } from "../../config/options.ts";
import { EXIT, UsageError } from "../../core/errors.ts";
import type { Command, CommandContext } from "../command.ts";
import type { FoundPipeline } from "../pipeline/find-pipeline.ts";
import { writeText } from "../write-text.ts";

/** The tests that stand in a pipeline's file. */
export const test: Command = {
  name: "test",
  summary: "Runs the tests in a pipeline's file, on the emulator; asks no provider and leaves nothing behind",
  usage: "test FILE|NAME… [flags]",
  options: optionsOf("test"),
  examples: [
    { command: "bg-pipe test pipeline.yaml", explains: "Says which rows came out otherwise than expected" },
    { command: "bg-pipe test classify translate", explains: "Those that come with bg-pipe have tests, too" },
  ],
  run,
};

async function run(context: CommandContext): Promise<number> {
  const { findPipeline } = await import("../pipeline/find-pipeline.ts");
  const { positionals, cwd } = context;
  let failed = 0;
  for (const target of positionals.length === 0 ? [undefined] : positionals) {
    failed += await testFile(await findPipeline("test", target, cwd), context);
  }
  return failed === 0 ? EXIT.ok : EXIT.rowsFailed;
}

/** @returns how many tests failed */
async function testFile(found: FoundPipeline, context: CommandContext): Promise<number> {
  const { readTests } = await import("../../config/pipeline/read-pipeline.ts");
  const { openPipelineFile } = await import("../pipeline/open-pipeline.ts");
  const { testPipeline } = await import("../pipeline/test-pipeline.ts");
  const path = displayPath(found.path, context.cwd);
  const tests = readTests(found.text, path);
  if (tests.length === 0) throw new UsageError(`${path} has no tests`, { hint: HINT });
  let failed = 0;
  for (const test of tests) {
    const { file, context: ofFile } = await openPipelineFile(found, context, assignments(test.set ?? {}));
    const lines = await testPipeline(file, test, ofFile);
    failed += lines.length === 0 ? 0 : 1;
    const verdict = `${lines.length === 0 ? "ok    " : "failed"}  ${file.name}: ${test.name}\n`;
    await writeText(context.stdout, verdict + lines.map((line) => `          ${line}\n`).join(""));
  }
  return failed;
}

function assignments(set: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(set).map(([name, value]) => `${name}=${String(value)}`);
}

const HINT = "Write some: tests: [{ name: …, in: [{ … }], out: [{ … }] }].";
