import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type BatchRecord, batchRecord, isTerminal } from "./batch-record.ts";
import { batchNotFound } from "./errors.ts";
import { isId } from "./ids.ts";
import { readJsonFile, readJsonFileSync, writeJsonFile } from "./json-file.ts";
import { Tally } from "./tally.ts";

const RECORD = /^(.+)\.json$/;

/**
 * Batches on disk. `batches/<id>.json` is written by whoever made the batch and then only by the holder of its
 * claim; a wish to cancel, which may come to any process, is a file of its own, `batches/<id>.cancel`.
 */
export class BatchStore {
  readonly #directory: string;
  readonly #ordinals: Tally;
  /** Batches that were found to have ended, as they stay. */
  readonly #ended = new Set<string>();

  constructor(directory: string) {
    this.#directory = join(directory, "batches");
    this.#ordinals = new Tally(join(directory, "ordinals"));
    mkdirSync(this.#directory, { recursive: true });
  }

  /** How many batches were made on the directory before the one that is made now. */
  nextOrdinal(): number {
    return this.#ordinals.add("batches") - 1;
  }

  write(record: BatchRecord): void {
    writeJsonFile(this.#recordPath(record.batch.id), record);
  }

  /** The record as clients see it: a running batch that is to be cancelled shows as `cancelling`. */
  async find(id: string): Promise<BatchRecord | undefined> {
    if (!isId("batch_", id)) return undefined;
    const found = await readJsonFile(this.#recordPath(id));
    if (found === undefined) return undefined;
    const record = batchRecord.parse(found);
    const cancellingAt = isTerminal(record.batch) ? null : this.cancellingAt(id);
    if (cancellingAt === null) return record;
    return { ...record, batch: { ...record.batch, status: "cancelling", cancelling_at: cancellingAt } };
  }

  /** @throws {ApiError} 404 */
  async read(id: string): Promise<BatchRecord> {
    const record = await this.find(id);
    if (record === undefined) throw batchNotFound(id);
    return record;
  }

  /** The record as it lies on disk, for its worker. */
  readForWork(id: string): BatchRecord {
    return batchRecord.parse(readJsonFileSync(this.#recordPath(id)));
  }

  /** Ids of all batches, newest first. */
  async ids(): Promise<readonly string[]> {
    return idsIn(await readdir(this.#directory))
      .sort()
      .reverse();
  }

  /** The records of all batches that have not ended, without giving way to other work. */
  unfinished(): readonly BatchRecord[] {
    const ids = idsIn(readdirSync(this.#directory)).filter((id) => !this.#ended.has(id));
    const records = ids.map((id) => this.readForWork(id));
    for (const { batch } of records) if (isTerminal(batch)) this.#ended.add(batch.id);
    return records.filter(({ batch }) => !isTerminal(batch));
  }

  /** Asks the worker to stop. */
  requestCancel(id: string, atSeconds: number): void {
    if (!this.isCancelRequested(id)) writeJsonFile(this.#cancelPath(id), atSeconds);
  }

  isCancelRequested(id: string): boolean {
    return existsSync(this.#cancelPath(id));
  }

  /** When the cancelling was asked for, in seconds; null when it was not. */
  cancellingAt(id: string): number | null {
    const found = readJsonFileSync(this.#cancelPath(id));
    return typeof found === "number" ? found : null;
  }

  /** Where a batch keeps its own link to its input file, so that deleting that file does not disturb it. */
  inputPath(id: string): string {
    return join(this.#directory, `${id}.input`);
  }

  /** Removes what only a running batch needs. */
  clearWork(id: string): void {
    rmSync(this.inputPath(id), { force: true });
  }

  #recordPath(id: string): string {
    return join(this.#directory, `${id}.json`);
  }

  #cancelPath(id: string): string {
    return join(this.#directory, `${id}.cancel`);
  }
}

function idsIn(names: readonly string[]): string[] {
  return names.flatMap((name) => RECORD.exec(name)?.[1] ?? []);
}
