import { onTestFinished } from "vitest";
import { Counters } from "../../src/core/counters.ts";
import { canonicalBody, requestKey } from "../../src/core/keys.ts";
import type { LogFields, Logger } from "../../src/core/logger.ts";
import { Patience } from "../../src/core/patience.ts";
import type { GoodRow, Request, RequestRow } from "../../src/core/records.ts";
import { readRequestLine, requestLine, type SentRequest } from "../../src/core/request-line.ts";
import { chatCompletions } from "../../src/endpoints/chat-completions.ts";
import { ChunkFile, type NewLine, newChunkName, removeStaleChunkFiles } from "../../src/ledger/chunk-file.ts";
import type { Chunk, ChunkState, Ledger, RequestState, Run } from "../../src/ledger/ledger.ts";
import type { Reask } from "../../src/ledger/second-tries.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite.ts";
import { Admission, type AdmissionLimits } from "../../src/stages/admit.ts";
import { type EndedChunk, type PollOptions, poll } from "../../src/stages/poll.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { FakeProvider } from "./fake-provider.ts";

/** Remembers what was logged. */
export class LogBook implements Logger {
  readonly lines: { readonly level: string; readonly message: string; readonly fields: LogFields }[] = [];

  debug(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: "debug", message, fields });
  }

  info(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: "info", message, fields });
  }

  warn(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: "warn", message, fields });
  }

  error(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: "error", message, fields });
  }

  get warnings(): readonly string[] {
    return this.lines.filter(({ level }) => level === "warn").map(({ message }) => message);
  }
}

/** A row of the file `in.jsonl`. */
export function goodRow(text: string, line = 1): GoodRow {
  const fields = { response: text };
  return { kind: "row", position: { file: "in.jsonl", line, byteOffset: 0 }, text: JSON.stringify(fields), fields };
}

/** A request that asks about a text. */
export function requestFor(text: string, tokens = 1): Request {
  const body = { model: "model-1", messages: [{ role: "user", content: text }] };
  const bodyText = canonicalBody(body);
  return { key: requestKey("fake", chatCompletions.path, bodyText), body, bodyText, tokens };
}

/** A row with its request. */
export function requestRow(text: string, line = 1, tokens = 1): RequestRow & { readonly request: Request } {
  return { row: goodRow(text, line), request: requestFor(text, tokens) };
}

export function keyFor(text: string): string {
  return requestFor(text).key;
}

/** How an execution differs from a first one that waits for as long as it takes. */
export interface Execution {
  readonly clock?: VirtualClock;
  /** How long it waits for what it has asked, in milliseconds. */
  readonly waitMs?: number;
  /** The execution of the same command before, which has ended unfinished. */
  readonly earlier?: StageBench;
}

/** All that a stage needs, with nothing behind it but a temporary directory. */
export class StageBench {
  readonly clock: VirtualClock;
  readonly provider: FakeProvider;
  readonly ledger: Ledger;
  readonly run: Run;
  readonly counters = new Counters();
  readonly log = new LogBook();
  readonly stop = new AbortController();
  readonly endpoint = chatCompletions;
  readonly check = undefined;
  readonly retries = 3;
  readonly intervalMs = undefined;
  readonly patience: Patience;
  readonly keepRemote = false;
  readonly costOf = (): bigint | undefined => undefined;
  readonly reask: Reask = () => undefined;

  constructor({ earlier, clock = earlier?.clock ?? new VirtualClock(), waitMs }: Execution = {}) {
    this.clock = clock;
    this.patience = new Patience(clock, waitMs);
    this.provider = earlier?.provider ?? new FakeProvider(clock);
    this.ledger = earlier?.ledger ?? newLedger(clock);
    this.run = this.ledger.openRun({ pipeline: "test", label: "rows", signature: "s", isFresh: false, files: [] });
    if (this.run.isTakenOver) removeStaleChunkFiles(this.ledger, this.run.id);
  }

  get signal(): AbortSignal {
    return this.stop.signal;
  }

  /** An admission with some limits. */
  admission(limits: Partial<AdmissionLimits> = {}): Admission {
    const { ledger, run, patience, clock, log, signal } = this;
    const { maxBatches = Number.POSITIVE_INFINITY, enqueuedTokens, batchesPerHour } = limits;
    return new Admission({
      ...{ ledger, run, patience, clock, log, signal, provider: "fake", model: "model-1" },
      limits: { maxBatches, enqueuedTokens, batchesPerHour },
    });
  }

  /** A chunk with a request for each text, claimed and sealed. */
  seal(texts: readonly string[], tokens = 1): Chunk {
    const requests = texts.map((text) => requestFor(text, tokens));
    const claims = this.ledger.claim(
      requests.map(({ key }) => key),
      this.run,
    );
    if (claims.some(({ kind }) => kind !== "new")) throw new Error("asked already");
    const lines = requests.map(({ key, bodyText }, index): NewLine => {
      const line = requestLine(key, chatCompletions.path, bodyText);
      return { key, tokens, line, origin: `in.jsonl:${index + 1}` };
    });
    return this.sealLines(lines);
  }

  /** A chunk of lines whose requests are claimed. */
  sealLines(lines: readonly NewLine[]): Chunk {
    const file = new ChunkFile(this.ledger.directory, newChunkName(this.run.id, this.clock.now()));
    for (const line of lines) file.add(line);
    file.finish();
    const { name, bytes, tokens } = file;
    const size = { requests: lines.length, bytes, tokens };
    const origin = { runId: this.run.id, provider: "fake", endpoint: chatCompletions.path, model: "model-1" };
    return this.ledger.seal({ ...origin, name, ...size }, file.lines);
  }

  /** A sealed chunk, moved on through the states given. */
  chunkIn(texts: readonly string[], ...states: readonly ChunkState[]): Chunk {
    const sealed = this.seal(texts);
    return states.reduce((chunk, state) => this.ledger.advance(chunk.id, state), sealed);
  }

  /** The line that asks about a text, read back. */
  sentFor(text: string): SentRequest {
    const { key, bodyText } = requestFor(text);
    return readRequestLine(requestLine(key, chatCompletions.path, bodyText));
  }

  outcome(text: string): RequestState | undefined {
    return this.ledger.outcomes([keyFor(text)], this.run)[0];
  }
}

function newLedger(clock: VirtualClock): Ledger {
  const ledger = openSqliteLedger({ directory: temporaryDirectory(), clock });
  onTestFinished(() => ledger.close());
  return ledger;
}

/** Polls without an end of patience. */
export async function pollToEnd(chunk: Chunk, options: PollOptions): Promise<EndedChunk> {
  const ended = await poll(chunk, options);
  if (ended === undefined) throw new Error("the poll stage lost patience");
  return ended;
}

/** The error that a promise is rejected with. */
export async function errorOf(work: Promise<unknown>): Promise<Error & { code?: string; hint?: string }> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) throw new Error("nothing was thrown");
  return error;
}
