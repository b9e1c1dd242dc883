import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text as textOf } from "node:stream/consumers";
import type { Layer } from "../../config/layers.ts";
import type { Configuration } from "../../config/load.ts";
import type { PipelineFile } from "../../config/pipeline/pipeline-file.ts";
import type { PipelineTest } from "../../config/pipeline/shape.ts";
import { silentLogger } from "../../core/logger.ts";
import { rowDifferences } from "../../core/row-difference.ts";
import { runPipeline } from "../../pipelines/run-pipeline.ts";
import type { CommandContext } from "../command.ts";
import { runHostOf } from "../run-host.ts";
import { NO_ACCESS } from "./open-pipeline.ts";
import { planPipeline } from "./plan-pipeline.ts";

/**
 * Runs one test of a pipeline's file on the emulator, in a state directory of its own.
 *
 * @returns how the rows that came out differ from those expected; nothing when they do not
 */
export async function testPipeline(
  file: PipelineFile,
  test: PipelineTest,
  context: CommandContext,
): Promise<readonly string[]> {
  const directory = await mkdtemp(join(tmpdir(), "bg-pipe-test-"));
  try {
    const rows = await rowsOf(file, test, rehearsal(context, directory), join(directory, "errors.jsonl"));
    const failed = test.errors === undefined ? [] : rowDifferences(test.errors, rows.failed, "failed row");
    return [...rowDifferences(test.out, rows.written, "row"), ...failed];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface TestedRows {
  readonly written: readonly unknown[];
  readonly failed: readonly unknown[];
}

async function rowsOf(
  file: PipelineFile,
  test: PipelineTest,
  context: CommandContext,
  errorsPath: string,
): Promise<TestedRows> {
  const { plan: described, close } = await planPipeline(file, context, ["-"]);
  const errors = { steps: [], ...described.errors, output: { output: errorsPath, outputFormat: "jsonl" } };
  const plan = { ...described, inputFormat: "jsonl", output: { outputFormat: "jsonl" }, errors };
  const stdin = Readable.from(test.in.map((row) => Buffer.from(`${JSON.stringify(row)}\n`)));
  const stdout = new PassThrough();
  const written = textOf(stdout);
  try {
    const host = await runHostOf(context, NO_ACCESS);
    const { error } = await runPipeline(plan, { ...host, stdin, stdout, log: silentLogger });
    stdout.end();
    if (error !== undefined) throw error;
    return { written: parsed(await written), failed: parsed(await readFile(errorsPath, "utf8")) };
  } finally {
    await close();
  }
}

function parsed(lines: string): readonly unknown[] {
  return lines.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
}

/** What a test runs with, whatever the file, the environment and the flags say. */
function rehearsal(context: CommandContext, stateDir: string): CommandContext {
  return {
    ...context,
    configuration: rehearsed(context.configuration, stateDir),
    reconfigure: async (layers: readonly Layer[]) => rehearsed(await context.reconfigure(layers), stateDir),
  };
}

function rehearsed(configuration: Configuration, stateDir: string): Configuration {
  const { baseUrl: _, apiKey: __, apiKeyFile: ___, errors: ____, output: _____, ...values } = configuration.values;
  const forced = { provider: "emulator", mode: "live", fault: {}, detach: false, dryRun: false } as const;
  return { ...configuration, values: { ...values, ...forced, stateDir } };
}
