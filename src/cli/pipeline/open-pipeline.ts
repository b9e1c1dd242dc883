import type { PipelineFile } from "../../config/pipeline/pipeline-file.ts";
import { UsageError } from "../../core/errors.ts";
import type { CommandContext } from "../command.ts";
import { findPipeline } from "./find-pipeline.ts";

/** A pipeline's file, read, and the configuration with its options. */
export interface ReadFile {
  readonly file: PipelineFile;
  readonly context: CommandContext;
}

/** Reads the pipeline that a command line names. */
export async function readPipelineOf(
  command: string,
  target: string | undefined,
  context: CommandContext,
): Promise<ReadFile> {
  const { cwd, home, configuration } = context;
  const { path, text } = await findPipeline(command, target, cwd);
  const { readPipeline } = await import("../../config/pipeline/read-pipeline.ts");
  const file = await readPipeline(text, { file: { path, cwd, home }, set: configuration.values.set });
  return { file, context: { ...context, configuration: await context.reconfigure([file.options]) } };
}

/**
 * Refuses to read from a terminal unasked.
 *
 * @throws {UsageError} when nobody has named an input, and stdin is a terminal
 */
export function refuseTerminal(target: string, inputs: readonly string[], { stdin }: CommandContext): void {
  if (inputs.length > 0 || stdin.isTTY !== true) return;
  throw new UsageError(
    "there is no input: nothing is piped in, and neither the pipeline nor the command names a file",
    {
      hint: `Try: bg-pipe run ${target} rows.jsonl. Use - to type rows in.`,
    },
  );
}
