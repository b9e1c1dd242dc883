import { Counters } from "../core/counters.ts";
import { resolveInputs } from "../io/inputs.ts";
import type { Summary } from "../report/summary.ts";
import { RowSource } from "../stages/read.ts";
import { grade } from "./grade.ts";
import type { RunHost } from "./settings.ts";
import { refuseSharedFields } from "./steps/answer-fields.ts";
import { Line } from "./steps/line.ts";
import type { PipelinePlan, PlannedRowStep } from "./steps/plan.ts";

/** What can be known of a pipeline before anything is asked. */
export interface KnownPlan {
  readonly paths: readonly string[];
  /** What the first step that asks would do; undefined where there is none, or code of others stands before it. */
  readonly firstAsking: Summary | undefined;
}

/** Looks at a pipeline's rows as far as its first step that asks, which makes its own dry run over them. */
export async function planPipelineRun(plan: PipelinePlan, host: RunHost): Promise<KnownPlan> {
  refuseSharedFields(plan.steps);
  const paths = await resolveInputs(plan.inputs);
  const at = plan.steps.findIndex(({ kind }) => kind === "ask");
  const asking = plan.steps[at];
  const before = plan.steps.slice(0, at).filter((step): step is PlannedRowStep => step.kind === "rows");
  if (asking?.kind !== "ask" || before.some(({ step }) => step.isForeign)) return { paths, firstAsking: undefined };
  const counters = new Counters();
  const { inputFormat: format, maxRecordBytes, name } = plan;
  const source = await RowSource.open({ ...host, paths, format, maxRecordBytes, counters });
  const line = new Line({ pipeline: name, host, format: source.format, halts: () => false, isAlone: true });
  const rows = line.through(source.rows(), before);
  const step = {
    pipeline: name,
    source: { rows: () => arraysOf(rows), columns: Promise.resolve([]), format: source.format, paths: [] },
    write: async () => {},
    onRun: () => {},
    summaryOf: (summary: Summary) => summary,
  };
  const settings = { ...asking.settings, dryRun: true };
  const { summary, error } = await grade(settings, { ...host, ...asking.access, counters, step });
  if (error !== undefined) throw error;
  return { paths, firstAsking: summary };
}

async function* arraysOf<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  yield* source;
}
