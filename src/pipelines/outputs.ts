import { load } from "../core/registry.ts";
import type { EncodeOptions, Format } from "../formats/format.ts";
import { formats } from "../formats/index.ts";
import { formatOfExtension } from "../formats/sniff.ts";
import { FileOutput, type Output, StreamOutput } from "../io/output.ts";
import type { Sink } from "../stages/write.ts";
import type { GradeSettings, RunHost } from "./settings.ts";

/** An output that is open, whose encoder still has to learn the columns. */
export interface OpenOutput {
  readonly output: Output;
  readonly format: Format;
}

/** Opens the output of rows: a file, or stdout. Its format is the one given, or the file's, or the input's. */
export async function openRowsOutput(
  settings: Pick<GradeSettings, "output" | "outputFormat">,
  inputFormat: Format,
  host: Pick<RunHost, "stdout">,
): Promise<OpenOutput> {
  const { output, outputFormat } = settings;
  const isStdout = output === undefined || output === "-";
  const byName = isStdout ? undefined : await formatOfExtension(output, formats);
  return {
    format: await load("format", formats, outputFormat ?? byName ?? inputFormat.name),
    output: isStdout ? new StreamOutput(host.stdout) : await FileOutput.create(output),
  };
}

/** Opens the output of request or result lines, which are JSON Lines whatever the file's name: a file, or stdout. */
export async function openLinesOutput(
  { output }: Pick<GradeSettings, "output">,
  { stdout }: Pick<RunHost, "stdout">,
): Promise<OpenOutput> {
  const isStdout = output === undefined || output === "-";
  const format = await load("format", formats, "jsonl");
  return { format, output: isStdout ? new StreamOutput(stdout) : await FileOutput.create(output) };
}

/** Opens the file of failed lines, if there is to be one: JSON Lines whatever its name. */
export async function openErrorsLines({ errors }: Pick<GradeSettings, "errors">): Promise<OpenOutput | undefined> {
  if (errors === undefined) return undefined;
  return { format: await load("format", formats, "jsonl"), output: await FileOutput.create(errors) };
}

/** Opens the file of failed rows, if there is to be one, in the format of its name or that of the rows. */
export async function openErrorsOutput(
  settings: Pick<GradeSettings, "errors">,
  rows: Pick<OpenOutput, "format">,
): Promise<OpenOutput | undefined> {
  const { errors } = settings;
  if (errors === undefined) return undefined;
  const name = await formatOfExtension(errors, formats);
  const format = name === undefined ? rows.format : await load("format", formats, name);
  return { format, output: await FileOutput.create(errors) };
}

/** The output with its encoder, once the columns are known. */
export function sinkOf({ output, format }: OpenOutput, options: EncodeOptions): Sink {
  return { output, encoder: format.createEncoder(options) };
}
