import { closeSync, openSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ArrayBuilder } from "../core/batches.ts";
import { Change } from "../core/concurrency.ts";
import { messageOf, OutputError } from "../core/errors.ts";
import { durableStep } from "../core/failpoints.ts";
import { type Line, splitLines } from "../core/lines.ts";
import type { BadRow, Failure, Position, TextRow } from "../core/records.ts";
import { ByteSink } from "./byte-sink.ts";
import { makeFolder } from "./folders.ts";

/** A row that waits for its answer, or carries the failure that it will come out with. */
export type Ticket =
  | ({ readonly row: TextRow | BadRow } & TicketPart)
  | { readonly row: TextRow | BadRow; readonly parts: readonly TicketPart[] };

/** A request that is waited for, or the failure that kept it from being made. */
export type TicketPart = { readonly key: string; readonly isKnown?: true } | { readonly failure: Failure };

/** A segment that has been read is deleted, so the disk holds what waits and not what has passed. */
const SEGMENT_BYTES = 64 << 20;
const BLOCK_BYTES = 256 << 10;

/**
 * Deletes a folder of spools.
 *
 * @throws {OutputError} when that cannot be done
 */
export function emptySpools(folder: string): void {
  writing(folder, () => rmSync(folder, { recursive: true, force: true }));
}

/**
 * A first-in, first-out queue of rows on disk, of any length. One writer, one reader, both in this process; it is
 * made anew from the input by each execution, so it need not survive one.
 */
export class Spool {
  readonly #directory: string;
  readonly #change = new Change();
  readonly #segments: Segment[] = [];
  #written = 0;
  #isEnded = false;

  /** @param directory Belongs to the spool alone. */
  constructor(directory: string) {
    this.#directory = directory;
    // What a killed execution left is of no use: the rows come by once more.
    emptySpools(directory);
  }

  append(tickets: readonly Ticket[]): void {
    if (tickets.length === 0) return;
    this.#segmentFor().append(tickets);
    this.#change.notify();
  }

  /** Says that nothing more will be appended. */
  end(): void {
    this.#isEnded = true;
    this.#change.notify();
  }

  /** The tickets, in the order they were appended; waits for more until {@link end}. */
  async *read(signal: AbortSignal): AsyncGenerator<readonly Ticket[]> {
    const decoder = new TicketDecoder();
    for await (const lines of splitLines(this.#blocks(signal), Number.MAX_SAFE_INTEGER)) {
      yield* decoder.decode(lines);
    }
  }

  /** Deletes what is left on disk. */
  dispose(): void {
    for (const segment of this.#segments) segment.dispose();
    emptySpools(this.#directory);
  }

  #segmentFor(): Segment {
    const last = this.#segments.at(-1);
    if (last !== undefined && last.size < SEGMENT_BYTES) return last;
    writing(this.#directory, () => makeFolder(this.#directory));
    const segment = new Segment(join(this.#directory, `${this.#written++}.spool`));
    this.#segments.push(segment);
    return segment;
  }

  async *#blocks(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for (;;) {
      signal.throwIfAborted();
      const block = this.#nextBlock();
      if (block !== undefined) yield block;
      else if (this.#isEnded) return;
      else await this.#change.next(signal);
    }
  }

  #nextBlock(): Uint8Array | undefined {
    const segment = this.#segments[0];
    const block = segment?.read();
    if (segment === undefined || block !== undefined) return block;
    if (this.#segments.length === 1) return undefined;
    this.#segments.shift()?.dispose();
    return this.#nextBlock();
  }
}

/** One file of a spool. */
class Segment {
  readonly #path: string;
  readonly #descriptor: number;
  readonly #sink: ByteSink;
  readonly #block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  #readTo = 0;

  constructor(path: string) {
    this.#path = path;
    this.#descriptor = writing(path, () => openSync(path, "w+"));
    this.#sink = new ByteSink(this.#descriptor, BLOCK_BYTES);
  }

  get size(): number {
    return this.#sink.size;
  }

  append(tickets: readonly Ticket[]): void {
    writing(this.#path, () => {
      for (const ticket of tickets) this.#sink.append(encode(ticket));
      durableStep("spool.write", () => this.#sink.flush());
    });
  }

  /** The next bytes, valid until the next call; undefined when everything written has been read. */
  read(): Uint8Array | undefined {
    const length = Math.min(BLOCK_BYTES, this.size - this.#readTo);
    if (length === 0) return undefined;
    const count = readSync(this.#descriptor, this.#block, 0, length, this.#readTo);
    this.#readTo += count;
    return this.#block.subarray(0, count);
  }

  dispose(): void {
    closeSync(this.#descriptor);
    rmSync(this.#path, { force: true });
  }
}

function writing<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new OutputError("cannotWrite", `cannot write ${path}: ${messageOf(error)}`, {
      hint: "Make room on the disk of --state-dir, then run the same command again.",
      cause: error,
    });
  }
}

/** A ticket is two lines: what is known about the row, then its text as it is. */
function encode(ticket: Ticket): string {
  const { row } = ticket;
  const bad = row.kind === "bad" ? { message: row.message, raw: row.raw } : undefined;
  const outcome = "parts" in ticket ? ticket.parts.map(outcomeOf) : outcomeOf(ticket);
  const probe = row.isProbe === true ? { isProbe: true as const } : {};
  const head: Head = { position: row.position, outcome, ...probe, ...(bad === undefined ? {} : { bad }) };
  return `${JSON.stringify(head)}\n${row.kind === "bad" ? "" : row.text}\n`;
}

function outcomeOf(part: TicketPart): Outcome {
  if ("failure" in part) return { failure: part.failure };
  return part.isKnown === true ? { key: part.key, isKnown: true } : part.key;
}

/** A key alone is one that is waited for, as nearly all are. */
type Outcome = string | TicketPart;

interface Head {
  readonly position: Position;
  readonly outcome: Outcome | readonly Outcome[];
  readonly isProbe?: true;
  readonly bad?: { readonly message: string; readonly raw: string };
}

class TicketDecoder {
  #head: Head | undefined;

  *decode(lines: readonly Line[]): Generator<readonly Ticket[]> {
    const tickets = new ArrayBuilder<Ticket>();
    for (const line of lines) {
      const head = this.#head;
      if (head === undefined) {
        // Written by `encode` above, in this process.
        this.#head = JSON.parse(line.bytes.toString()) as Head;
        continue;
      }
      tickets.add(ticketOf(head, line.bytes.toString()), line.length);
      this.#head = undefined;
      if (tickets.isFull) yield tickets.take();
    }
    if (!tickets.isEmpty) yield tickets.take();
  }
}

function ticketOf({ position, outcome, isProbe, bad }: Head, text: string): Ticket {
  const place = isProbe === true ? { position, isProbe } : { position };
  const row: TextRow | BadRow = bad === undefined ? { kind: "row", ...place, text } : { kind: "bad", ...place, ...bad };
  return isOne(outcome) ? { row, ...partOf(outcome) } : { row, parts: outcome.map(partOf) };
}

function partOf(outcome: Outcome): TicketPart {
  return typeof outcome === "string" ? { key: outcome } : outcome;
}

function isOne(outcome: Head["outcome"]): outcome is Outcome {
  return !Array.isArray(outcome);
}
