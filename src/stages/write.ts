import { unlessAborted } from "../core/abort.ts";
import type { Counters } from "../core/counters.ts";
import { HaltError } from "../core/errors.ts";
import type { AnsweredRow, Failure } from "../core/records.ts";
import type { Encoder } from "../formats/format.ts";
import type { Output } from "../io/output.ts";

/** Where rows go: `open`, `write` any number of times, `end` when all are written, and `commit` makes it final. */
export interface Sink {
  open(): Promise<void>;
  /** @returns how many bytes that were */
  write(rows: readonly AnsweredRow[]): Promise<number>;
  end(): Promise<void>;
  commit(): Promise<void>;
  /** The run ends early: lets go of it without making it final. */
  abandon(): Promise<void>;
}

/** An output, and what turns rows into its bytes. */
export class EncodedSink implements Sink {
  readonly #output: Output;
  readonly #encoder: Encoder;

  constructor(output: Output, encoder: Encoder) {
    this.#output = output;
    this.#encoder = encoder;
  }

  open(): Promise<void> {
    return this.#output.write(this.#encoder.start());
  }

  async write(rows: readonly AnsweredRow[]): Promise<number> {
    const text = this.#encoder.encode(rows);
    await this.#output.write(text);
    return Buffer.byteLength(text);
  }

  end(): Promise<void> {
    return this.#output.write(this.#encoder.end());
  }

  commit(): Promise<void> {
    return this.#output.commit();
  }

  abandon(): Promise<void> {
    return this.#output.abandon();
  }
}

export interface WriteOptions {
  readonly rows: Sink;
  /** Where failed rows go, too. */
  readonly errors: Sink | undefined;
  /** What becomes of a failed row: it is kept in the output, or left out of it. */
  readonly onError: "keep" | "skip";
  /** Whether a row's failure ends the run. */
  readonly halts: (failure: Failure) => boolean;
  readonly counters: Counters;
  /** Ends the waiting for a reader that does not read. */
  readonly signal: AbortSignal;
}

/** The write stage: rows to bytes to their outputs. Commits the outputs when the source has ended well. */
export async function write(source: AsyncIterable<readonly AnsweredRow[]>, options: WriteOptions): Promise<void> {
  const sinks = options.errors === undefined ? [options.rows] : [options.rows, options.errors];
  try {
    for (const sink of sinks) await sink.open();
    for await (const rows of source) await writeRows(rows, options);
    for (const sink of sinks) await sink.end();
    for (const sink of sinks) await sink.commit();
  } catch (error) {
    for (const sink of sinks) await sink.abandon();
    throw error;
  }
}

async function writeRows(rows: readonly AnsweredRow[], options: WriteOptions): Promise<void> {
  const { errors, onError, counters, halts } = options;
  const end = rows.findIndex(({ failure }) => failure !== undefined && halts(failure));
  const written = end === -1 ? rows : rows.slice(0, end);
  const failed = written.filter((row) => row.failure !== undefined);
  const kept = onError === "keep" ? written : written.filter((row) => row.failure === undefined);
  const flow = counters.stage("write");
  flow.rows.in += rows.length;
  await send(kept, options);
  flow.rows.out += kept.length;
  counters.rowsWritten += kept.length;
  for (const row of kept) counters.countOutcome(row);
  if (errors !== undefined) await errors.write(failed);
  if (onError === "skip") {
    counters.rowsSkipped += failed.length;
    for (const row of failed) counters.countOutcome(row);
  }
  const halting = rows[end];
  if (halting?.failure !== undefined) throw new HaltError(halting.row.position, halting.failure);
}

async function send(kept: readonly AnsweredRow[], { rows, counters, signal }: WriteOptions): Promise<void> {
  const { bytes, blocked } = counters.stage("write");
  blocked.start();
  try {
    bytes.out += await unlessAborted(rows.write(kept), signal);
  } finally {
    blocked.stop();
  }
}
