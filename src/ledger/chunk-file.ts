import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, readdirSync, readSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { InternalError, messageOf, OutputError } from "../core/errors.ts";
import { durableStep } from "../core/failpoints.ts";
import { ByteSink } from "./byte-sink.ts";
import type { ChunkLine, Ledger } from "./ledger.ts";

const BUFFER_BYTES = 1 << 18;

/** The path of a chunk's file of request lines. */
export function chunkPath(ledgerDirectory: string, name: string): string {
  return join(ledgerDirectory, "chunks", `${name}.jsonl`);
}

/** Deletes a chunk's file, if it is there. */
export function removeChunkFile(ledgerDirectory: string, name: string): void {
  guarded(name, () =>
    durableStep("chunk-file.remove", () => rmSync(chunkPath(ledgerDirectory, name), { force: true })),
  );
}

/** A new chunk's name: its run, its time, and enough at random to be unique without asking anybody. */
export function newChunkName(runId: number, now: number): string {
  const time = new Date(now).toISOString().replace(/\D/g, "").slice(0, 14);
  return `${runPrefix(runId)}${time}-${randomBytes(6).toString("hex")}`;
}

/**
 * Deletes what an unfinished execution of the run left behind in half-filled or dissolved chunks. Their rows come by
 * once more.
 */
export function removeStaleChunkFiles(ledger: Ledger, runId: number): void {
  for (const file of readdirSync(join(ledger.directory, "chunks"))) {
    const name = basename(file, ".jsonl");
    if (!name.startsWith(runPrefix(runId))) continue;
    const chunk = ledger.findChunk(name);
    const isOver = chunk === undefined || (chunk.state === "settled" && chunk.runId === runId);
    if (isOver) removeChunkFile(ledger.directory, name);
  }
}

function runPrefix(runId: number): string {
  return `r${runId}-`;
}

/** A request's line on its way into a chunk. */
export interface NewLine extends Pick<ChunkLine, "key" | "tokens" | "origin" | "sentKey"> {
  /** Without newline. */
  readonly line: string;
  /** The model it asks; the run's only one when undefined. */
  readonly model?: string;
  /** Pico-dollars; undefined when its price is not known. */
  readonly estimatedCost?: bigint;
  /** Why it is asked again: the code of what came of it before. */
  readonly reason?: string;
}

/** A chunk that is still being filled: a file on disk, and where each request's line lies in it. */
export class ChunkFile {
  readonly name: string;
  readonly #directory: string;
  readonly #descriptor: number;
  readonly #sink: ByteSink;
  readonly lines: ChunkLine[] = [];
  tokens = 0;
  /** Of those lines that have an estimate. */
  estimatedCost = 0n;
  /** Whether all of them have one. */
  isEstimated = true;

  constructor(ledgerDirectory: string, name: string) {
    this.name = name;
    this.#directory = join(ledgerDirectory, "chunks");
    this.#descriptor = guarded(name, () => openSync(chunkPath(ledgerDirectory, name), "wx"));
    this.#sink = new ByteSink(this.#descriptor, BUFFER_BYTES);
  }

  get bytes(): number {
    return this.#sink.size;
  }

  /** Appends a request's line. */
  add({ line, estimatedCost, model: _, ...facts }: NewLine): void {
    const offset = this.#sink.size;
    const length = guarded(this.name, () => this.#sink.append(`${line}\n`)) - 1;
    this.lines.push({ ...facts, offset, length });
    this.tokens += facts.tokens;
    this.estimatedCost += estimatedCost ?? 0n;
    this.isEstimated &&= estimatedCost !== undefined;
  }

  /** Makes the file durable and closes it. */
  finish(): void {
    guarded(this.name, () =>
      durableStep("chunk-file.sync", () => {
        this.#sink.flush();
        fsyncSync(this.#descriptor);
        closeSync(this.#descriptor);
        syncDirectory(this.#directory);
      }),
    );
  }

  /** Closes and deletes a file that will not be sealed. */
  discard(): void {
    closeSync(this.#descriptor);
    rmSync(join(this.#directory, `${this.name}.jsonl`), { force: true });
  }
}

/** Reads lines of a sealed chunk's file by offset. */
export class ChunkFileReader {
  readonly #name: string;
  readonly #descriptor: number;

  constructor(ledgerDirectory: string, name: string) {
    this.#name = name;
    this.#descriptor = openSync(chunkPath(ledgerDirectory, name), "r");
  }

  read({ offset, length }: Pick<ChunkLine, "offset" | "length">): string {
    const bytes = Buffer.allocUnsafe(length);
    const count = readSync(this.#descriptor, bytes, 0, length, offset);
    if (count < length) throw new InternalError(`the file of chunk ${this.#name} has become shorter`);
    return bytes.toString();
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function syncDirectory(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function guarded<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new OutputError("cannotWrite", `cannot write chunk ${name}: ${messageOf(error)}`, {
      hint: "Make room on the disk of --state-dir, then run the same command again.",
      cause: error,
    });
  }
}
