import { join } from "node:path";
import { InputDataError, UsageError } from "../core/errors.ts";
import { resolveInputs } from "../io/inputs.ts";
import { alreadyThere, PartFiles } from "../io/part-files.ts";
import { existingParts } from "../io/part-name.ts";
import { type SplitFile, type SplitReport, splitReport, totalsOf } from "../report/split.ts";
import type { PartLimits } from "../stages/part.ts";
import { ownerText, removeAbandonedParts } from "./abandoned-parts.ts";
import type { ChunkSettings } from "./chunk-limits.ts";
import { refuseClashes } from "./part-places.ts";
import type { QuestionSettings } from "./question.ts";
import type { RowTokens } from "./row-tokens.ts";
import type { GradeSettings, RunHost } from "./settings.ts";
import { type SplitFileResult, splitFile } from "./split-file.ts";
import { SplitInput } from "./split-input.ts";
import { warnOf, warnOfOldParts } from "./split-warnings.ts";

/** What a user can say about a split. */
export interface SplitSettings
  extends QuestionSettings,
    ChunkSettings,
    Pick<GradeSettings, "inputs" | "inputFormat" | "maxRecordBytes"> {
  /** Beside each input when undefined. */
  readonly outputDir?: string;
  /** Whether parts that are there already are replaced. */
  readonly overwrite: boolean;
  /** Whether tokens are counted; when undefined, if there is a limit to them, or a model or an encoding is given. */
  readonly countTokens?: boolean;
}

/** What surrounds a split. */
export type SplitHost = Pick<RunHost, "stdin" | "log" | "clock" | "signal" | "data">;

/**
 * Writes inputs in parts, each in its own format. The parts of all inputs appear together at the end, or none does.
 *
 * @throws {UsageError} without a limit, and for inputs whose parts would be in each other's way
 * @throws {OutputError} when a part is there already, or cannot be written
 * @throws {InputMissingError} or {@link InputDataError} for an input that cannot be read
 */
export async function split(settings: SplitSettings, host: SplitHost): Promise<SplitReport> {
  checkLimits(settings);
  const tokens = await openTokens(settings, host);
  const inputs: SplitInput[] = [];
  const work = new SplitWork(settings, host, tokens);
  try {
    for await (const input of openInputs(settings, host)) inputs.push(input);
    refuseClashes(inputs);
    await work.refuseExisting(inputs);
    for (const input of inputs) await work.split(input);
    await work.publish();
    const { model = null, encoding = null } = tokens ?? {};
    return splitReport(work.reports(), { model, encoding });
  } finally {
    work.close();
    for (const input of inputs) await input.close();
  }
}

function checkLimits({ chunkRows, chunkBytes, chunkTokens, chunkCount, countTokens }: SplitSettings): void {
  if ([chunkRows, chunkBytes, chunkTokens, chunkCount].every((limit) => limit === undefined)) {
    throw new UsageError("nothing says how large a part may be", {
      hint: "Give at least one of --chunk-rows, --chunk-bytes, --chunk-tokens and --chunk-count.",
    });
  }
  if (chunkTokens !== undefined && countTokens === false) {
    throw new UsageError("--chunk-tokens cannot be kept with --no-count-tokens");
  }
}

/** Counting tokens takes many times as long as all else. */
async function openTokens(settings: SplitSettings, { data }: SplitHost): Promise<RowTokens | undefined> {
  const { countTokens, chunkTokens, model, encoding } = settings;
  const isAsked = countTokens ?? [chunkTokens, model, encoding].some((value) => value !== undefined);
  if (!isAsked) return undefined;
  const { RowTokens } = await import("./row-tokens.ts");
  return RowTokens.open(settings, data);
}

async function* openInputs(settings: SplitSettings, { stdin, signal }: SplitHost): AsyncGenerator<SplitInput> {
  const { inputs, inputFormat: format, outputDir } = settings;
  for (const path of await resolveInputs(inputs)) {
    yield await SplitInput.open(path, { stdin, format, outputDir, signal });
  }
}

/** An input whose parts are written, and not yet in their places. */
interface WrittenInput {
  readonly input: SplitInput;
  readonly files: PartFiles;
  readonly result: SplitFileResult;
}

/** The parts of all inputs, until they are in their places. */
class SplitWork {
  readonly #settings: SplitSettings;
  readonly #host: SplitHost;
  readonly #tokens: RowTokens | undefined;
  readonly #files: PartFiles[] = [];
  readonly #written: WrittenInput[] = [];

  constructor(settings: SplitSettings, host: SplitHost, tokens: RowTokens | undefined) {
    this.#settings = settings;
    this.#host = host;
    this.#tokens = tokens;
  }

  async refuseExisting(inputs: readonly SplitInput[]): Promise<void> {
    const folders = new Set(inputs.map(({ place }) => place.directory));
    for (const folder of folders) await removeAbandonedParts(folder, this.#host.clock.now());
    if (this.#settings.overwrite) return;
    for (const { place } of inputs) {
      const [first, ...others] = await existingParts(place);
      if (first !== undefined) throw alreadyThere(first, others.length);
    }
  }

  async split(input: SplitInput): Promise<void> {
    const files = await PartFiles.create(input.place, ownerText(input.place));
    this.#files.push(files);
    const limits = await this.#limitsFor(input, files);
    const { maxRecordBytes } = this.#settings;
    const spillPath = join(files.folder, "spill");
    const result = await splitFile({ input, files, limits, tokens: this.#tokens, maxRecordBytes, spillPath });
    checkUnchanged(input, limits, result);
    warnOf(input.path, result, this.#host.log);
    this.#written.push({ input, files, result });
  }

  async publish(): Promise<void> {
    this.#host.signal.throwIfAborted();
    try {
      for (const { files } of this.#written) {
        warnOfOldParts(await files.publish({ overwrites: this.#settings.overwrite }), this.#host.log);
      }
      for (const { files } of this.#written) await files.confirm();
    } catch (error) {
      for (const { files } of this.#written) await files.retract();
      throw error;
    }
  }

  reports(): readonly SplitFile[] {
    const hasTokens = this.#tokens !== undefined;
    return this.#written.map(({ input, files, result }) => {
      const parts = result.parts.map(({ rows, badRows, bytes, tokens }, index) => {
        const path = files.pathOf(index + 1);
        return { path, rows, bad_rows: badRows, bytes, tokens: hasTokens ? tokens : null };
      });
      return { path: input.path, format: input.format.name, ...totalsOf(parts, hasTokens), parts };
    });
  }

  close(): void {
    for (const files of this.#files) files.close();
  }

  async #limitsFor(input: SplitInput, files: PartFiles): Promise<PartLimits> {
    const { chunkRows, chunkBytes, chunkTokens, chunkCount } = this.#settings;
    return {
      rows: chunkRows ?? Number.POSITIVE_INFINITY,
      bytes: chunkBytes ?? Number.POSITIVE_INFINITY,
      tokens: chunkTokens ?? Number.POSITIVE_INFINITY,
      count: chunkCount === undefined ? undefined : { parts: chunkCount, rows: await this.#countRows(input, files) },
    };
  }

  /** Reads the input once more than otherwise; a pipe is copied to the disk for that. */
  async #countRows(input: SplitInput, files: PartFiles): Promise<number> {
    await input.makeRereadable(join(files.folder, "input"));
    const { maxRecordBytes } = this.#settings;
    let count = 0;
    for await (const rows of input.format.decode(input.bytes(), { file: input.path, maxRecordBytes })) {
      count += rows.length;
    }
    return count;
  }
}

function checkUnchanged({ path }: SplitInput, { count }: PartLimits, { parts }: SplitFileResult): void {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  if (count === undefined || count.rows === rows) return;
  throw new InputDataError(`${path} was changed while it was read: it had ${count.rows} rows, then ${rows}`, {
    hint: "Split it when nobody writes it.",
  });
}
