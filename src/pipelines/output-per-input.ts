import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { InternalError, UsageError } from "../core/errors.ts";
import type { AnsweredRow } from "../core/records.ts";
import type { EncodeOptions, Format } from "../formats/format.ts";
import { STDIN } from "../io/inputs.ts";
import { FileOutput } from "../io/output.ts";
import { outputErrorOf } from "../io/output-error.ts";
import { EncodedSink, type Sink } from "../stages/write.ts";
import { placeOfParts } from "./part-places.ts";

export interface OutputPerInputOptions {
  /** Made if need be. */
  readonly directory: string;
  /** The inputs, in the order of reading. */
  readonly paths: readonly string[];
  readonly format: Format;
  /** Whether rows come in the order of the inputs: then one file is open at a time. */
  readonly isInOrder: boolean;
}

/** Files that are open at a time when rows come in any order; systems allow some 1,000 for a process. */
const MAX_OPEN_FILES = 500;

/** A file in a folder for each input, under the input's name and with the extension of what is written. */
export class OutputPerInput {
  readonly format: Format;
  readonly #directory: string;
  readonly #isInOrder: boolean;
  /** By input. */
  readonly #targets: ReadonlyMap<string, string>;

  private constructor({ directory, format, isInOrder }: OutputPerInputOptions, targets: ReadonlyMap<string, string>) {
    this.format = format;
    this.#directory = directory;
    this.#isInOrder = isInOrder;
    this.#targets = targets;
  }

  /**
   * @throws {UsageError} when two inputs have one name, or an input would be replaced
   */
  static async create(options: OutputPerInputOptions): Promise<OutputPerInput> {
    const { directory, paths, format, isInOrder } = options;
    if (!isInOrder && paths.length > MAX_OPEN_FILES) throw tooManyFiles(paths.length);
    const targets = new Map<string, string>();
    for (const path of paths) targets.set(path, await targetOf(path, format, directory));
    refuseClashes(targets);
    return new OutputPerInput(options, targets);
  }

  /** One for each input. */
  get files(): readonly string[] {
    return [...this.#targets.values()];
  }

  sink(options: EncodeOptions): Sink {
    const [directory, isInOrder] = [this.#directory, this.#isInOrder];
    const create = (output: FileOutput) => new EncodedSink(output, this.format.createEncoder(options));
    return new SinkPerInput({ directory, isInOrder, targets: this.#targets, create });
  }

  /** Nothing is open before there is a sink. */
  async abandon(): Promise<void> {}
}

/** Where the rows of an input go: `data/rows.csv.gz` gives `rows.csv`, or `rows.jsonl` when that is what is written. */
async function targetOf(path: string, format: Format, directory: string): Promise<string> {
  const { name, extension } = await placeOfParts(path, format, directory);
  return join(directory, `${name}.${extension}`);
}

function refuseClashes(targets: ReadonlyMap<string, string>): void {
  const owners = new Map<string, string>();
  for (const [path, target] of targets) {
    const owner = owners.get(target);
    if (owner !== undefined) throw sameName(owner, path, target);
    owners.set(target, path);
  }
  for (const path of targets.keys()) {
    const isReplaced = path !== STDIN && [...owners.keys()].some((target) => resolve(target) === resolve(path));
    if (isReplaced) throw replacesInput(path);
  }
}

function tooManyFiles(count: number): UsageError {
  return new UsageError(`--order completion writes all ${count} outputs at a time, and ${MAX_OPEN_FILES} can be open`, {
    hint: "--order input writes one after the other.",
  });
}

function sameName(path: string, other: string, target: string): UsageError {
  return new UsageError(`the rows of ${path} and of ${other} would both go to ${target}`, {
    hint: "Run them one at a time, with an --output-dir for each.",
  });
}

function replacesInput(path: string): UsageError {
  return new UsageError(`${path} is an input, and would be replaced by an output`, {
    hint: "Name another folder with --output-dir.",
  });
}

interface SinkPerInputOptions {
  readonly directory: string;
  readonly isInOrder: boolean;
  /** By input. */
  readonly targets: ReadonlyMap<string, string>;
  readonly create: (output: FileOutput) => Sink;
}

/** Hands each row to the sink of the input it came from. */
class SinkPerInput implements Sink {
  readonly #options: SinkPerInputOptions;
  readonly #open = new Map<string, Sink>();
  /** Inputs whose output there is, finished or not. */
  readonly #begun = new Set<string>();

  constructor(options: SinkPerInputOptions) {
    this.#options = options;
  }

  /** @throws {OutputError} when the folder cannot be made */
  async open(): Promise<void> {
    const { directory } = this.#options;
    await mkdir(directory, { recursive: true }).catch((error: unknown) => {
      throw outputErrorOf(error, directory);
    });
  }

  async write(rows: readonly AnsweredRow[]): Promise<number> {
    let bytes = 0;
    for (const [path, some] of byInput(rows)) bytes += await (await this.#sinkOf(path)).write(some);
    return bytes;
  }

  /** Inputs without rows get an output without rows. */
  async end(): Promise<void> {
    for (const path of this.#options.targets.keys()) if (!this.#begun.has(path)) await this.#sinkOf(path);
    for (const sink of this.#open.values()) await sink.end();
  }

  async commit(): Promise<void> {
    for (const sink of this.#open.values()) await sink.commit();
  }

  async abandon(): Promise<void> {
    for (const sink of this.#open.values()) await sink.abandon();
  }

  async #sinkOf(path: string): Promise<Sink> {
    const open = this.#open.get(path);
    if (open !== undefined) return open;
    const { isInOrder, targets, create } = this.#options;
    if (isInOrder) await this.#finishOthers();
    const target = targets.get(path);
    if (target === undefined) throw new InternalError(`rows came of ${path}, which is no input`);
    const sink = create(await FileOutput.create(target));
    this.#open.set(path, sink);
    this.#begun.add(path);
    await sink.open();
    return sink;
  }

  /** What was read before is written, all of it. */
  async #finishOthers(): Promise<void> {
    for (const [path, sink] of this.#open) {
      await sink.end();
      await sink.commit();
      this.#open.delete(path);
    }
  }
}

/** Rows by the input they came from, in the order of their coming. */
function byInput(rows: readonly AnsweredRow[]): Map<string, AnsweredRow[]> {
  const groups = new Map<string, AnsweredRow[]>();
  for (const answered of rows) {
    const { file } = answered.row.position;
    const group = groups.get(file);
    if (group === undefined) groups.set(file, [answered]);
    else group.push(answered);
  }
  return groups;
}
