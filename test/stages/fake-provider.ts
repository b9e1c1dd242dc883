import { readFileSync, writeFileSync } from "node:fs";
import type { Clock } from "../../src/core/clock.ts";
import {
  type Batch,
  type BatchError,
  type BatchRange,
  type BatchStatus,
  CHUNK_METADATA_KEY,
  type CreateBatch,
  type Provider,
} from "../../src/providers/provider.ts";
import { ProviderError, type ProviderErrorKind } from "../../src/providers/provider-error.ts";
import { type AskedLine, answerTo } from "./result-lines.ts";

/** How one call goes: as it should, or by failing before, or by doing its work and losing the reply. */
export type CallEnd = "succeed" | "lose reply" | ProviderErrorKind | ProviderError;
export type Operation =
  | "upload"
  | "findUpload"
  | "createBatch"
  | "findBatch"
  | "retrieveBatch"
  | "download"
  | "deleteFile";

/** What becomes of a batch. */
export interface BatchScript {
  readonly status?: BatchStatus;
  /** Looks at it before it has ended; 0 when undefined. */
  readonly looks?: number;
  /** Lines of the output file; undefined for no such file, and an answer to each line if neither file is scripted. */
  readonly output?: (asked: readonly AskedLine[]) => readonly string[];
  readonly errors?: (asked: readonly AskedLine[]) => readonly string[];
  readonly complaints?: readonly BatchError[];
}

interface FakeBatch {
  readonly batch: Batch;
  readonly script: BatchScript;
  readonly asked: readonly AskedLine[];
  readonly visibleAt: number;
  looks: number;
}

/** A provider in memory that does what it is told, call by call. It knows what it was asked to bill. */
export class FakeProvider implements Provider {
  readonly name = "fake";
  readonly identity = "fake";
  readonly limits = { requestsPerBatch: 1000, bytesPerBatch: 1_000_000 };
  readonly poll = { firstMs: 1_000, maxMs: 8_000, createTimeoutMs: 60_000, listLagMs: 60_000 };
  /** Every call, in order. */
  readonly calls: Operation[] = [];
  readonly uploads: { readonly id: string; readonly name: string; readonly text: string }[] = [];
  readonly batches: FakeBatch[] = [];
  /** Ids of the files that are gone. */
  readonly deleted: string[] = [];
  /** How long it takes until the lists show what was made, in milliseconds. */
  lagMs = 0;
  /** While true, no batch ends. */
  isHolding = false;
  wasReached = false;
  /** Told of each call before it does anything. */
  onCall: (operation: Operation) => void = () => {};
  readonly #clock: Clock;
  readonly #ends = new Map<Operation, CallEnd[]>();
  readonly #scripts: BatchScript[] = [];
  readonly #files = new Map<string, string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  respond(): Promise<never> {
    return Promise.reject(new Error("nobody is asked live here"));
  }

  /** Says how the next calls of an operation end; those after them succeed. */
  next(operation: Operation, ...ends: readonly CallEnd[]): void {
    this.#ends.set(operation, [...(this.#ends.get(operation) ?? []), ...ends]);
  }

  /** Says what becomes of the next batches that are created; those after them complete. */
  nextBatches(...scripts: readonly BatchScript[]): void {
    this.#scripts.push(...scripts);
  }

  /** How often each request was put to the provider in a batch that it did not turn away, by `custom_id`. */
  get timesAsked(): ReadonlyMap<string, number> {
    const times = new Map<string, number>();
    for (const { asked, script } of this.batches) {
      if (script.status === "failed") continue;
      for (const { customId } of asked) times.set(customId, (times.get(customId) ?? 0) + 1);
    }
    return times;
  }

  count(operation: Operation): number {
    return this.calls.filter((call) => call === operation).length;
  }

  upload(path: string, name: string): Promise<string> {
    return this.#call("upload", () => {
      const upload = { id: `file-${this.uploads.length + 1}`, name, text: readFileSync(path, "utf8") };
      this.uploads.push(upload);
      return upload.id;
    });
  }

  findUpload(name: string): Promise<string | undefined> {
    return this.#call("findUpload", () => this.uploads.findLast((upload) => upload.name === name)?.id);
  }

  createBatch(request: CreateBatch): Promise<Batch> {
    return this.#call("createBatch", () => this.#create(request));
  }

  findBatch(chunkName: string, { createdSince, exceptId }: BatchRange): Promise<Batch | undefined> {
    return this.#call("findBatch", () => {
      const isShown = ({ batch, visibleAt }: FakeBatch) =>
        visibleAt <= this.#clock.now() &&
        batch.createdAt >= createdSince &&
        batch.id !== exceptId &&
        batch.metadata[CHUNK_METADATA_KEY] === chunkName;
      const found = this.batches.findLast(isShown);
      return found && this.#describe(found);
    });
  }

  retrieveBatch(id: string): Promise<Batch> {
    return this.#call("retrieveBatch", () => {
      const found = this.batches.find(({ batch }) => batch.id === id);
      if (found === undefined) throw new ProviderError("not_found", `no batch ${id}`);
      found.looks++;
      return this.#describe(found);
    });
  }

  cancelBatch(id: string): Promise<Batch> {
    return this.retrieveBatch(id);
  }

  download(fileId: string, path: string): Promise<number> {
    return this.#call("download", () => {
      const text = this.#files.get(fileId);
      if (text === undefined) throw new ProviderError("not_found", `no file ${fileId}`);
      writeFileSync(path, text);
      return Buffer.byteLength(text);
    });
  }

  deleteFile(fileId: string): Promise<void> {
    return this.#call("deleteFile", () => void this.deleted.push(fileId));
  }

  async close(): Promise<void> {}

  async #call<T>(operation: Operation, work: () => T): Promise<T> {
    this.calls.push(operation);
    this.onCall(operation);
    await Promise.resolve();
    const end = this.#ends.get(operation)?.shift() ?? "succeed";
    if (end instanceof ProviderError) throw end;
    if (end !== "succeed" && end !== "lose reply") throw new ProviderError(end, `scripted: ${end}`);
    const result = work();
    if (end === "lose reply") throw new ProviderError("unavailable", "the reply was lost");
    this.wasReached = true;
    return result;
  }

  #create({ inputFileId, chunkName }: CreateBatch): Batch {
    const script = this.#scripts.shift() ?? {};
    const file = this.uploads.find(({ id }) => id === inputFileId);
    if (file === undefined) throw new ProviderError("not_found", `no file ${inputFileId}`);
    const asked = file.text.trimEnd().split("\n").map(readAsked);
    const batch = this.#newBatch(inputFileId, chunkName, asked.length);
    const made = { batch, script, asked, visibleAt: this.#clock.now() + this.lagMs, looks: 0 };
    this.batches.push(made);
    return batch;
  }

  #newBatch(inputFileId: string, chunkName: string, total: number): Batch {
    return {
      id: `batch-${this.batches.length + 1}`,
      status: "validating",
      inputFileId,
      errors: [],
      createdAt: Math.floor(this.#clock.now() / 1000),
      counts: { total, completed: 0, failed: 0 },
      metadata: { [CHUNK_METADATA_KEY]: chunkName },
    };
  }

  #describe(made: FakeBatch): Batch {
    const { batch, script, asked } = made;
    if (this.isHolding || made.looks <= (script.looks ?? 0)) return { ...batch, status: "in_progress" };
    const isUnscripted = script.output === undefined && script.errors === undefined;
    const hasOwnAnswers = isUnscripted && (script.status ?? "completed") === "completed";
    const output = hasOwnAnswers ? asked.map((line) => answerTo(line)) : script.output?.(asked);
    return {
      ...batch,
      status: script.status ?? "completed",
      errors: script.complaints ?? [],
      ...this.#file("outputFileId", `${batch.id}-output`, output),
      ...this.#file("errorFileId", `${batch.id}-errors`, script.errors?.(asked)),
    };
  }

  #file(field: "outputFileId" | "errorFileId", id: string, lines: readonly string[] | undefined): Partial<Batch> {
    if (lines === undefined) return {};
    this.#files.set(id, lines.map((line) => `${line}\n`).join(""));
    return { [field]: id };
  }
}

function readAsked(line: string): AskedLine {
  const { custom_id: customId, url, body } = JSON.parse(line);
  return { customId, url, body };
}
