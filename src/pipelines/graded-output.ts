import { unlessAborted } from "../core/abort.ts";
import type { Counters } from "../core/counters.ts";
import type { AnsweredRow } from "../core/records.ts";
import type { EncodeOptions } from "../formats/format.ts";
import { refuseColumnClash } from "../stages/guard.ts";
import { write } from "../stages/write.ts";
import { failurePolicy } from "./halting.ts";
import { type OpenOutput, openErrorsOutput, openRowsOutput } from "./outputs.ts";
import type { GradeSettings, RunHost, StepEnds } from "./settings.ts";

/** What is known of the rows that will be written. */
export interface GradedRows extends Omit<EncodeOptions, "columns"> {
  readonly settings: GradeSettings;
  readonly host: RunHost;
  readonly source: StepEnds["source"];
  readonly counters: Counters;
}

/** Where a run's rows go. */
export interface GradedOutput {
  /** Whether any of it is a table. */
  readonly isTable: boolean;
  write(rows: AsyncIterable<readonly AnsweredRow[]>): Promise<void>;
}

/** Opens the outputs of a run, or the way to the next step of its pipeline. */
export async function openGradedOutput(rows: GradedRows): Promise<GradedOutput> {
  const { settings, host, source } = rows;
  const { step } = host;
  if (step !== undefined) return { isTable: false, write: (answered) => step.write(answered) };
  const rowsOutput = await openRowsOutput(settings, source, host);
  const errorsOutput = await openErrorsOutput(settings, rowsOutput);
  const isTable = rowsOutput.format.isTable || errorsOutput?.format.isTable === true;
  const outputs = { rowsOutput, errorsOutput, isTable };
  return { isTable, write: (answered) => writeGraded(answered, rows, outputs) };
}

interface Outputs extends Pick<GradedOutput, "isTable"> {
  readonly rowsOutput: OpenOutput;
  readonly errorsOutput: OpenOutput | undefined;
}

async function writeGraded(
  answered: AsyncIterable<readonly AnsweredRow[]>,
  { settings, host: { signal }, source, counters, addedColumns, mixedColumns }: GradedRows,
  { rowsOutput, errorsOutput, isTable }: Outputs,
): Promise<void> {
  const columns = isTable ? await unlessAborted(source.columns, signal) : [];
  const options = { columns, addedColumns, ...(mixedColumns && { mixedColumns }) };
  if (isTable) refuseColumnClash(options);
  const [rows, errors] = [rowsOutput.sink(options), errorsOutput?.sink(options)];
  await write(answered, { rows, errors, ...failurePolicy(settings), counters, signal });
}
