import { type Batch, type BatchRange, type BatchStatus, CHUNK_METADATA_KEY } from "../../../src/providers/provider.ts";
import { ProviderError } from "../../../src/providers/provider-error.ts";
import type { AskedLine } from "../../stages/result-lines.ts";
import { complaintsOf, type Fate, GOOD_FATE, REFUSALS, type Refusal, resultsOf } from "./batch-fate.ts";
import { askedKey, tokensOf } from "./questions.ts";
import type { WorldClock } from "./world-clock.ts";

const VALIDATION_MS = 10_000;
const CANCELLING_MS = 30_000;

/** A batch as the server knows it. */
export interface ServerBatch {
  readonly id: string;
  readonly chunkName: string;
  readonly inputFileId: string;
  /** The execution that created it. */
  readonly createdBy: number;
  readonly asked: readonly AskedLine[];
  /** Of the requests it asks. */
  readonly keys: readonly string[];
  readonly tokens: number;
  readonly createdAt: number;
  readonly visibleAt: number;
  fate: Fate;
  status: BatchStatus;
  /** When something happens to it next. */
  dueAt: number;
  refusal: Refusal | undefined;
  outputFileId: string | undefined;
  errorFileId: string | undefined;
  /** Keys of the requests that its files say something final of. */
  final: ReadonlySet<string>;
  /** Replies in its files that are paid for. */
  paid: number;
}

/** The Batch API in memory. What becomes of batches is decided from outside; what was asked is remembered for ever. */
export class BatchServer {
  readonly #clock: WorldClock;
  readonly #files = new Map<string, { readonly name: string; readonly text: string }>();
  readonly batches: ServerBatch[] = [];
  /** What becomes of the next batches. */
  readonly fates: Fate[] = [];
  /** How long it takes until what was created can be seen, in milliseconds. */
  lagMs = 0;
  /** The most tokens it takes at a time. */
  tokenLimit = Number.POSITIVE_INFINITY;
  /** How many tokens it counts where its users count one. */
  tokenFactor = 1;
  /** What others of the same organisation have enqueued. */
  foreign = { tokens: 0, until: 0 };
  onCreated: (batch: ServerBatch) => void = () => {};
  #count = 0;

  constructor(clock: WorldClock) {
    this.#clock = clock;
  }

  upload(name: string, text: string): string {
    return this.#store(name, text);
  }

  findUpload(name: string): string | undefined {
    return [...this.#files].findLast(([, file]) => file.name === name)?.[0];
  }

  create(inputFileId: string, chunkName: string, createdBy: number): Batch {
    this.advance();
    const file = this.#files.get(inputFileId);
    const asked = file === undefined ? [] : file.text.trimEnd().split("\n").map(readAsked);
    const now = this.#clock.now();
    const batch: ServerBatch = {
      ...{ id: `batch-${++this.#count}`, chunkName, inputFileId, createdBy, asked, createdAt: now },
      keys: asked.map(({ body }) => askedKey(body)),
      tokens: asked.reduce((sum, { body }) => sum + tokensOf(body), 0),
      visibleAt: now + this.lagMs,
      fate: this.fates.shift() ?? GOOD_FATE,
      status: "validating",
      dueAt: now + VALIDATION_MS,
      ...{ refusal: undefined, outputFileId: undefined, errorFileId: undefined, final: new Set<string>(), paid: 0 },
    };
    this.batches.push(batch);
    this.onCreated(batch);
    return describe(batch, this.tokenLimit);
  }

  find(chunkName: string, { createdSince, exceptId }: BatchRange): Batch | undefined {
    this.advance();
    const found = this.batches.findLast(
      (batch) =>
        batch.chunkName === chunkName &&
        batch.id !== exceptId &&
        batch.visibleAt <= this.#clock.now() &&
        batch.createdAt / 1000 >= createdSince &&
        !isTurnedAway(batch),
    );
    return found && describe(found, this.tokenLimit);
  }

  retrieve(id: string): Batch {
    this.advance();
    const found = this.batches.find((batch) => batch.id === id && batch.visibleAt <= this.#clock.now());
    if (found === undefined) throw new ProviderError("not_found", `no batch ${id}`);
    return describe(found, this.tokenLimit);
  }

  download(id: string): string {
    const file = this.#files.get(id);
    if (file === undefined) throw new ProviderError("not_found", `no file ${id}`);
    return file.text;
  }

  delete(id: string): void {
    this.#files.delete(id);
  }

  /** Ends a batch early: the time is over, or somebody has cancelled it. */
  endEarly(batch: ServerBatch, end: "expired" | "cancelled"): void {
    this.advance();
    if (isOver(batch) || batch.status === "cancelling") return;
    batch.fate = { ...batch.fate, end };
    if (end === "cancelled") batch.status = "cancelling";
    batch.dueAt = this.#clock.now() + (end === "cancelled" ? CANCELLING_MS : 0);
    if (end === "expired") this.#end(batch);
  }

  /** Lets happen what has happened by now, one thing after the other. */
  advance(): void {
    const now = this.#clock.now();
    for (;;) {
      const due = this.batches.filter((batch) => !isOver(batch) && batch.dueAt <= now);
      const next = due.toSorted((a, b) => a.dueAt - b.dueAt)[0];
      if (next === undefined) return;
      if (next.status === "validating") this.#validate(next);
      else this.#end(next);
    }
  }

  /** Tokens that it counts as enqueued. */
  get #enqueued(): number {
    const own = this.batches.filter(({ status }) => status === "in_progress" || status === "cancelling");
    const foreign = this.foreign.until > this.#clock.now() ? this.foreign.tokens : 0;
    return own.reduce((sum, { tokens }) => sum + tokens * this.tokenFactor, foreign);
  }

  #validate(batch: ServerBatch): void {
    const refusal = this.#refusalOf(batch);
    if (refusal !== undefined) Object.assign(batch, { status: "failed", refusal });
    else Object.assign(batch, { status: "in_progress", dueAt: batch.dueAt + batch.fate.workMs });
  }

  #refusalOf({ fate, tokens, inputFileId }: ServerBatch): Refusal | undefined {
    if (!this.#files.has(inputFileId)) return "lost file";
    const fated = REFUSALS.find((refusal) => refusal === fate.end);
    const isTooMuch = this.#enqueued + tokens * this.tokenFactor > this.tokenLimit;
    return fated ?? (isTooMuch ? "enqueued tokens" : undefined);
  }

  #end(batch: ServerBatch): void {
    const status = statusOf(batch.fate);
    const { output, errors, final, paid } = resultsOf(batch.asked, batch.fate, status);
    if (output.length > 0) batch.outputFileId = this.#store(`${batch.id}-output`, asText(output));
    if (errors.length > 0) batch.errorFileId = this.#store(`${batch.id}-errors`, asText(errors));
    Object.assign(batch, { status, final, paid });
    // A failed batch without files is one that nobody has looked at.
    if (status === "failed" && output.length + errors.length === 0) batch.refusal = "no reason";
  }

  #store(name: string, text: string): string {
    const id = `file-${++this.#count}`;
    this.#files.set(id, { name, text });
    return id;
  }
}

/** Whether a batch has come to its end. */
export function isOver({ status }: ServerBatch): boolean {
  return status === "completed" || status === "failed" || status === "expired" || status === "cancelled";
}

/** Whether it was turned away, so that nothing of it was asked. */
export function isTurnedAway({ refusal }: ServerBatch): boolean {
  return refusal !== undefined;
}

function statusOf({ end }: Fate): BatchStatus {
  return end === "expired" || end === "cancelled" || end === "completed" ? end : "failed";
}

function describe(batch: ServerBatch, tokenLimit: number): Batch {
  const { id, status, inputFileId, outputFileId, errorFileId, chunkName, asked, createdAt, refusal } = batch;
  return {
    ...{ id, status, inputFileId },
    ...(outputFileId === undefined ? {} : { outputFileId }),
    ...(errorFileId === undefined ? {} : { errorFileId }),
    errors: refusal === undefined ? [] : complaintsOf(refusal, inputFileId, tokenLimit),
    createdAt: Math.floor(createdAt / 1000),
    counts: { total: asked.length, completed: 0, failed: 0 },
    metadata: { [CHUNK_METADATA_KEY]: chunkName },
  };
}

function asText(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

function readAsked(line: string): AskedLine {
  const { custom_id: customId, url, body } = JSON.parse(line);
  return { customId, url, body };
}
