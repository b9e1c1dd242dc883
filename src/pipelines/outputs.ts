import { resolve } from "node:path";
import { load } from "../core/registry.ts";
import type { EncodeOptions, Format } from "../formats/format.ts";
import { formats } from "../formats/index.ts";
import { formatOfExtension } from "../formats/sniff.ts";
import { FileOutput, type Output, StreamOutput } from "../io/output.ts";
import { EncodedSink, type Sink } from "../stages/write.ts";
import { OutputPerInput } from "./output-per-input.ts";
import type { GradeSettings, RunHost } from "./settings.ts";

/** An output that is open, whose encoder still has to learn the columns. */
export interface OpenOutput {
  readonly format: Format;
  /** The output with its encoder, once the columns are known. */
  sink(options: EncodeOptions): Sink;
  /** Lets go of it, if the run ends before there is a sink. */
  abandon(): Promise<void>;
}

/** Where rows go, and in what order they come. */
export type OutputSettings = Pick<GradeSettings, "output" | "outputFormat" | "outputDir" | "errors"> &
  Partial<Pick<GradeSettings, "order">>;

/** What is read: where it lies, in the order of reading, and its format. */
export interface ReadInputs {
  readonly paths: readonly string[];
  readonly format: Format;
}

/**
 * Opens the output of rows: a file, stdout, or a file for each input. Its format is the one given, or the file's, or the
 * input's.
 *
 * @throws {UsageError} when a file for each input cannot be: two have one name, or one would replace an input
 */
export async function openRowsOutput(
  settings: OutputSettings,
  { paths, format: inputFormat }: ReadInputs,
  host: Pick<RunHost, "stdout">,
): Promise<OpenOutput> {
  const { output, outputFormat } = settings;
  const perInput = await outputPerInput(settings, { paths, format: inputFormat });
  if (perInput !== undefined) return perInput;
  const isStdout = output === undefined || output === "-";
  const byName = isStdout ? undefined : await formatOfExtension(output, formats);
  const format = await load("format", formats, outputFormat ?? byName ?? inputFormat.name);
  return openOutput(isStdout ? new StreamOutput(host.stdout) : await FileOutput.create(output), format);
}

/** The files for each input, if there are to be such. Nothing is opened or made before there are rows. */
async function outputPerInput(settings: OutputSettings, inputs: ReadInputs): Promise<OutputPerInput | undefined> {
  const { output, outputFormat, outputDir: directory, order } = settings;
  if (directory === undefined || output !== undefined) return undefined;
  const format = await load("format", formats, outputFormat ?? inputs.format.name);
  return OutputPerInput.create({ directory, paths: inputs.paths, format, isInOrder: order !== "completion" });
}

/**
 * The files that a run writes, as absolute paths.
 *
 * @param inputs Undefined for one that never writes a file for each.
 * @throws {UsageError} as {@link openRowsOutput}
 */
export async function outputFiles(settings: OutputSettings, inputs?: ReadInputs): Promise<readonly string[]> {
  const { output, errors } = settings;
  const perInput = inputs && (await outputPerInput(settings, inputs));
  const files = [...(perInput?.files ?? []), output === "-" ? undefined : output, errors];
  return files.flatMap((path) => (path === undefined ? [] : [resolve(path)]));
}

function openOutput(output: Output, format: Format): OpenOutput {
  const sink = (options: EncodeOptions) => new EncodedSink(output, format.createEncoder(options));
  return { format, sink, abandon: () => output.abandon() };
}

/** Opens the output of request or result lines, which are JSON Lines whatever the file's name: a file, or stdout. */
export async function openLinesOutput(
  { output }: Pick<GradeSettings, "output">,
  { stdout }: Pick<RunHost, "stdout">,
): Promise<OpenOutput> {
  const isStdout = output === undefined || output === "-";
  const format = await load("format", formats, "jsonl");
  return openOutput(isStdout ? new StreamOutput(stdout) : await FileOutput.create(output), format);
}

/** Opens the file of failed lines, if there is to be one: JSON Lines whatever its name. */
export async function openErrorsLines({ errors }: Pick<GradeSettings, "errors">): Promise<OpenOutput | undefined> {
  if (errors === undefined) return undefined;
  return openOutput(await FileOutput.create(errors), await load("format", formats, "jsonl"));
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
  return openOutput(await FileOutput.create(errors), format);
}
