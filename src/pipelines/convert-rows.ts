import { Counters } from "../core/counters.ts";
import { UsageError } from "../core/errors.ts";
import type { AnsweredRow, Failure, Row } from "../core/records.ts";
import { formats } from "../formats/index.ts";
import { formatOfExtension } from "../formats/sniff.ts";
import { resolveInputs } from "../io/inputs.ts";
import type { ConvertReport } from "../report/convert.ts";
import { RowSource } from "../stages/read.ts";
import type { Step } from "./answer-rows.ts";
import { UncountedRows } from "./count/uncounted.ts";
import { openErrorsLines, openRowsOutput } from "./outputs.ts";
import { checkNoRowIsLost } from "./row-balance.ts";
import { RowOutputs } from "./row-outputs.ts";
import type { GradeSettings, RunHost } from "./settings.ts";

/** What a user can say about a conversion. */
export type ConvertSettings = Pick<
  GradeSettings,
  "inputs" | "inputFormat" | "outputFormat" | "maxRecordBytes" | "output" | "errors"
>;

/** What surrounds it. */
export type ConvertHost = Pick<RunHost, "stdin" | "stdout" | "signal">;

/**
 * Writes rows in another format: the values of each as they are spelled. Records that cannot be read are left out, and
 * go to the file of errors.
 *
 * @throws {UsageError} when nothing says which format to write
 * @throws {InputDataError} for a row with a field that the table has no column for
 */
export async function convertRows(settings: ConvertSettings, host: ConvertHost): Promise<ConvertReport> {
  await checkFormat(settings);
  const paths = await resolveInputs(settings.inputs);
  const counters = new Counters();
  const { inputFormat: format, maxRecordBytes } = settings;
  const source = await RowSource.open({ ...host, paths, format, maxRecordBytes, counters });
  const rows = await openRowsOutput(settings, source, host);
  const errors = await openErrorsLines(settings);
  const how = { addedFields: [], addedColumns: [], onError: "skip", halts: () => false } as const;
  const outputs = new RowOutputs({ ...how, source, rows, errors, counters, signal: host.signal });
  const unread = new UncountedRows();
  await outputs.write(converted(source, outputs.guard(), unread));
  checkNoRowIsLost(counters);
  return { rows: counters.rowsRead, from: source.format.name, to: rows.format.name, failed: unread };
}

async function checkFormat({ output = "-", outputFormat }: ConvertSettings): Promise<void> {
  if (outputFormat !== undefined || (await formatOfExtension(output, formats)) !== undefined) return;
  throw new UsageError("nothing says which format to write", {
    hint: `Name it with --output-format, or by the output's name: ${Object.keys(formats).join(", ")}.`,
  });
}

async function* converted(source: RowSource, guard: Step<Row, Row>, unread: UncountedRows) {
  for await (const rows of source.rows()) yield guard(rows).map((row) => convertRow(row, unread));
}

function convertRow(row: Row, unread: UncountedRows): AnsweredRow {
  if (row.kind === "row") return { row, added: [] };
  const failure: Failure = { code: "bad_input", message: row.message };
  unread.add(row.position, failure);
  const details = { ...failure, line: row.position.line, raw: row.raw };
  return { row, failure, added: [{ name: "error", json: JSON.stringify(details) }] };
}
