import { availableParallelism } from "node:os";
import { ByteOrderMarkStripper } from "../../core/utf8.ts";
import type { FileFigures } from "../../report/count.ts";
import { type OpenInput, openWithFormat } from "../../stages/read.ts";
import type { Question } from "../question.ts";
import type { RunHost } from "../settings.ts";
import { BlockCounter } from "./block-counter.ts";
import type { WorkerSetup } from "./count-worker.ts";
import { OrderedEffects } from "./effects.ts";
import { inputBytes } from "./input-bytes.ts";
import { cutIntoLineBlocks } from "./line-blocks.ts";
import { type CountedRows, RowCounter } from "./row-counter.ts";
import { Tally, type TallyOptions } from "./tally.ts";
import { UncountedRows } from "./uncounted.ts";

/** More threads than this would wait for the one that reads. */
const MAX_WORKERS = 8;
/** Threads pay after so much: to start them takes about as long as counting it. */
const BYTES_BEFORE_WORKERS = 32 << 20;

export interface FileCounterOptions {
  readonly question: Question;
  /** What threads make the same question of. */
  readonly setup: WorkerSetup;
  /** The format of all files; by extension, else by the first bytes, when undefined. */
  readonly format: string | undefined;
  /** Threads, started at once; as many as pay, once they do, when undefined. */
  readonly workers: number | undefined;
  readonly tally: TallyOptions;
  readonly host: Pick<RunHost, "stdin" | "signal">;
}

/** Rows that are being counted. */
interface Counting {
  readonly counted: Promise<CountedRows>;
}

/** Counts files, one after the other, into figures for each and for all of them. */
export class FileCounter {
  readonly files: FileFigures[] = [];
  readonly total: Tally;
  readonly uncounted = new UncountedRows();
  readonly #options: FileCounterOptions;
  readonly #counter: RowCounter;
  readonly #blocks: BlockCounter;
  readonly #effects: OrderedEffects;

  constructor(options: FileCounterOptions) {
    const { question, setup, workers = Math.min(MAX_WORKERS, availableParallelism()), tally, host } = options;
    this.#options = options;
    this.total = new Tally(tally);
    this.#counter = new RowCounter(question);
    this.#blocks = new BlockCounter({
      counter: this.#counter,
      setup,
      workers,
      bytesBefore: options.workers === undefined ? BYTES_BEFORE_WORKERS : 0,
    });
    this.#effects = new OrderedEffects(host.signal);
  }

  /** Reads a file to its end; its figures are there after {@link finish}. */
  async countFile(path: string): Promise<void> {
    const { host, format, tally: tallyOptions } = this.#options;
    const file = new Tally(tallyOptions);
    const open = await openWithFormat(path, { ...host, format });
    for await (const { counted } of open.format.name === "jsonl"
      ? this.#blocksOf(open, file)
      : this.#rowsOf(open, file)) {
      const effect = counted.then((rows) => () => this.#add(rows, file));
      await this.#effects.add(effect, this.#blocks.width);
    }
    await this.#effects.add(
      Promise.resolve(() => void this.files.push({ path, ...file.figures })),
      this.#blocks.width,
    );
  }

  /** Waits for all that is under way. */
  finish(): Promise<void> {
    return this.#effects.finish();
  }

  close(): Promise<void> {
    return this.#blocks.close();
  }

  /** JSON Lines may be cut between any two lines, and so be counted by several threads. */
  async *#blocksOf({ input }: OpenInput, file: Tally): AsyncGenerator<Counting> {
    const { maxRecordBytes: maxLineBytes } = this.#options.setup;
    const bytes = new ByteOrderMarkStripper().strip(this.#bytesOf(input, file));
    for await (const block of cutIntoLineBlocks(bytes, { maxLineBytes })) {
      yield { counted: this.#blocks.count({ block, file: input.path }) };
    }
  }

  async *#rowsOf({ input, format }: OpenInput, file: Tally): AsyncGenerator<Counting> {
    const { maxRecordBytes } = this.#options.setup;
    for await (const rows of format.decode(this.#bytesOf(input, file), { file: input.path, maxRecordBytes })) {
      yield { counted: Promise.resolve(this.#counter.count(rows)) };
    }
  }

  #bytesOf(input: OpenInput["input"], file: Tally): AsyncIterable<Uint8Array> {
    const onBytes = (bytes: number) => {
      file.bytes += bytes;
      this.total.bytes += bytes;
    };
    return inputBytes(input, { signal: this.#options.host.signal, onBytes });
  }

  #add(rows: CountedRows, file: Tally): void {
    file.add(rows);
    this.total.add(rows);
    this.uncounted.addAll(rows.uncounted);
  }
}
