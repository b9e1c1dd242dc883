import type { Readable } from "node:stream";
import { Counters } from "../core/counters.ts";
import type { BadRow, Fields, GoodRow, Row } from "../core/records.ts";
import { resolveInputs } from "../io/inputs.ts";
import { RowSource } from "../stages/read.ts";
import { libraryDefaults } from "./defaults.ts";
import { Flow, type FlowContext, type Item } from "./flow.ts";
import { setOrigin } from "./origin.ts";

export interface ReadRowsOptions {
  /** `csv`, `tsv`, `json` or `jsonl`; by the file's extension, else by its first bytes, when not given. */
  readonly format?: string;
  /** A longer record is unreadable. 16 MiB when not given. */
  readonly maxRecordBytes?: number;
  /** What `-` reads; stdin when not given. */
  readonly stdin?: Readable;
  /** Told of each record that cannot be read; it is then left out. Otherwise it goes past the stages to the output. */
  readonly onBadRow?: (row: BadRow) => void;
  readonly signal?: AbortSignal;
}

/**
 * The rows of files (CSV, TSV, JSON, JSONL, also gzip and zstd), one after the other. A row is an object of its fields;
 * those of a table are strings.
 *
 * @param paths Files, glob patterns, or `-` for stdin.
 * @throws {InputMissingError} from the rows, for a file that cannot be read
 *
 * @example for await (const row of readRows<{ name: string }>("data.csv")) names.push(row.name);
 */
export function readRows<T extends object = Fields>(
  paths: string | readonly string[],
  options: ReadRowsOptions = {},
): Flow<T> {
  const names = typeof paths === "string" ? [paths] : paths;
  return new Flow((context) => read<T>(names, options, context));
}

async function* read<T>(
  names: readonly string[],
  options: ReadRowsOptions,
  context: FlowContext,
): AsyncGenerator<readonly Item<T>[]> {
  const { notes } = context;
  const source = await openSource(names, options, context);
  void source.columns.then(
    (columns) => (notes.columns ??= columns),
    () => {},
  );
  for await (const rows of source.rows()) {
    notes.read.rows += rows.length;
    const items = rows.flatMap((row) => itemOf<T>(row, options, context));
    if (items.length > 0) yield items;
  }
}

async function openSource(
  names: readonly string[],
  { format, maxRecordBytes, stdin, signal }: ReadRowsOptions,
  context: FlowContext,
): Promise<RowSource> {
  const { maxRecordBytes: usual } = libraryDefaults();
  return RowSource.open({
    paths: await resolveInputs(names),
    stdin: stdin ?? process.stdin,
    format,
    maxRecordBytes: maxRecordBytes ?? usual,
    counters: new Counters(),
    signal: signal === undefined ? context.signal : AbortSignal.any([context.signal, signal]),
  });
}

function itemOf<T>(row: Row, { onBadRow }: ReadRowsOptions, { notes }: FlowContext): readonly Item<T>[] {
  if (row.kind === "row") return [{ value: plainRow<T>(row) }];
  notes.read.unreadable++;
  if (onBadRow === undefined) return [{ row, failure: { code: "bad_input", message: row.message } }];
  onBadRow(row);
  return [];
}

/** The row with values as JavaScript has them; how they were spelled is in its origin. */
function plainRow<T>({ text, position }: GoodRow): T {
  const value: T = JSON.parse(text);
  setOrigin(value, { text, position });
  return value;
}
