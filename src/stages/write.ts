import { unlessAborted } from "../core/abort.ts";
import type { Counters } from "../core/counters.ts";
import { HaltError } from "../core/errors.ts";
import type { AnsweredRow } from "../core/records.ts";
import type { Encoder } from "../formats/format.ts";
import type { Output } from "../io/output.ts";

/** An output and what turns rows into its bytes. */
export interface Sink {
  readonly output: Output;
  readonly encoder: Encoder;
}

export interface WriteOptions {
  readonly rows: Sink;
  /** Where failed rows go, too. */
  readonly errors: Sink | undefined;
  /** What becomes of a failed row: it is kept in the output, left out of it, or ends the run. */
  readonly onError: "keep" | "skip" | "halt";
  readonly counters: Counters;
  /** Ends the waiting for a reader that does not read. */
  readonly signal: AbortSignal;
}

/** The write stage: rows to bytes to their outputs. Commits the outputs when the source has ended well. */
export async function write(source: AsyncIterable<readonly AnsweredRow[]>, options: WriteOptions): Promise<void> {
  const sinks = options.errors === undefined ? [options.rows] : [options.rows, options.errors];
  try {
    for (const { output, encoder } of sinks) await output.write(encoder.start());
    for await (const rows of source) await writeRows(rows, options);
    for (const { output, encoder } of sinks) await output.write(encoder.end());
    for (const { output } of sinks) await output.commit();
  } catch (error) {
    for (const { output } of sinks) await output.abandon();
    throw error;
  }
}

async function writeRows(rows: readonly AnsweredRow[], options: WriteOptions): Promise<void> {
  const { rows: sink, errors, onError, counters } = options;
  const failed = rows.filter((row) => row.failure !== undefined);
  const halting = onError === "halt" ? failed[0] : undefined;
  const kept =
    onError === "keep" ? rows : rows.slice(0, halting && rows.indexOf(halting)).filter((row) => !row.failure);
  const flow = counters.stage("write");
  flow.rows.in += rows.length;
  await send(sink.encoder.encode(kept), options);
  flow.rows.out += kept.length;
  counters.rowsWritten += kept.length;
  countOutcomes(kept, counters);
  if (halting?.failure !== undefined) throw new HaltError(halting.row.position, halting.failure);
  if (errors !== undefined) await errors.output.write(errors.encoder.encode(failed));
  if (onError !== "skip") return;
  counters.rowsSkipped += failed.length;
  countOutcomes(failed, counters);
}

async function send(text: string, { rows: { output }, counters, signal }: WriteOptions): Promise<void> {
  const { bytes, blocked } = counters.stage("write");
  blocked.start();
  try {
    await unlessAborted(output.write(text), signal);
  } finally {
    blocked.stop();
  }
  bytes.out += Buffer.byteLength(text);
}

function countOutcomes(rows: readonly AnsweredRow[], counters: Counters): void {
  for (const { failure, isKnown } of rows) {
    if (failure === undefined) counters.rowsAnswered++;
    else counters.countFailure(failure.code);
    if (failure === undefined && isKnown === true) counters.rowsAnsweredBefore++;
  }
}
