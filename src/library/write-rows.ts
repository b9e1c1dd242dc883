import type { Writable } from "node:stream";
import { unlessAborted } from "../core/abort.ts";
import { load } from "../core/registry.ts";
import type { Format } from "../formats/format.ts";
import { formats } from "../formats/index.ts";
import { formatOfExtension } from "../formats/sniff.ts";
import { FileOutput, type Output, StreamOutput } from "../io/output.ts";
import { type FlowContext, itemsOf, Notes } from "./flow.ts";
import { type PipelineReport, reportOf } from "./report.ts";
import { RowEncoder } from "./row-encoder.ts";
import { type FlowSink, own } from "./stage.ts";

export interface WriteRowsOptions {
  /** `csv`, `tsv`, `json` or `jsonl`; by the file's extension, else `jsonl`, when not given. */
  readonly format?: string;
  /** The columns of a table; the fields of the first row when not given. Those of answers are added. */
  readonly columns?: readonly string[];
}

/**
 * The end of a pipeline: rows into a file, which appears whole or not at all, or into a stream, which is not ended.
 *
 * @param to A path, or a stream such as `process.stdout`.
 * @throws {OutputError} when it cannot be written
 * @throws {InputDataError} for a row with a field that the table has no column for
 *
 * @example await pipeline(readRows("data.csv"), writeRows("data.jsonl"));
 */
export function writeRows(to: string | Writable, options: WriteRowsOptions = {}): FlowSink<object, PipelineReport> {
  const sink: FlowSink<object, PipelineReport> = (source, { signal = NEVER, ...rest } = {}) => {
    const context: FlowContext = isContext(rest) ? { ...rest, signal } : { notes: new Notes(), signal };
    return write(itemsOf(source, context), { to, options, context });
  };
  own.add(sink);
  return sink;
}

const NEVER = new AbortController().signal;

function isContext(rest: object): rest is Pick<FlowContext, "notes"> {
  return "notes" in rest && rest.notes instanceof Notes;
}

interface Writing {
  readonly to: string | Writable;
  readonly options: WriteRowsOptions;
  readonly context: FlowContext;
}

async function write(
  source: ReturnType<typeof itemsOf<object>>,
  { to, options, context: { notes, signal } }: Writing,
): Promise<PipelineReport> {
  const format = await formatOf(to, options);
  const output = await open(to);
  const encoder = new RowEncoder(format, notes, options.columns);
  const send = (text: string) => (text === "" ? undefined : unlessAborted(output.write(text), signal));
  try {
    for await (const items of source) await send(encoder.encode(items));
    signal.throwIfAborted();
    await send(encoder.end());
    await output.commit();
  } catch (error) {
    await output.abandon();
    throw signal.aborted ? signal.reason : error;
  }
  return reportOf(notes, encoder.written, encoder.failed);
}

async function formatOf(to: string | Writable, { format }: WriteRowsOptions): Promise<Format> {
  const byName = typeof to === "string" ? await formatOfExtension(to, formats) : undefined;
  return load("format", formats, format ?? byName ?? "jsonl");
}

function open(to: string | Writable): Promise<Output> | Output {
  return typeof to === "string" ? FileOutput.create(to) : new StreamOutput(to, "the stream of writeRows");
}
