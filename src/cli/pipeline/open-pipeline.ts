import type { PipelineFile } from "../../config/pipeline/pipeline-file.ts";
import { UsageError } from "../../core/errors.ts";
import type { CommandContext } from "../command.ts";
import type { ProviderAccess } from "../provider-access.ts";
import type { FoundPipeline } from "./find-pipeline.ts";

/** A pipeline's file, read, and the configuration with its options. */
export interface OpenFile {
  readonly file: PipelineFile;
  readonly context: CommandContext;
}

/**
 * Reads a pipeline's file.
 *
 * @param set Variables beside those of `--set`, as `NAME=VALUE`.
 */
export async function openPipelineFile(
  { path, text }: FoundPipeline,
  context: CommandContext,
  set: readonly string[] = [],
): Promise<OpenFile> {
  const { cwd, home, configuration } = context;
  const { readPipeline } = await import("../../config/pipeline/read-pipeline.ts");
  const file = await readPipeline(text, { file: { path, cwd, home }, set: [...configuration.values.set, ...set] });
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

/** For what surrounds a pipeline: each step that asks has an access of its own. */
export const NO_ACCESS: ProviderAccess = {
  baseUrl: undefined,
  apiKey: undefined,
  isEmbedded: false,
  close: async () => {},
};
