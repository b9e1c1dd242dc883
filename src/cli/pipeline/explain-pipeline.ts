import type { KnownPlan } from "../../pipelines/plan-pipeline-run.ts";
import { EMULATED_MODEL } from "../../pipelines/question.ts";
import type { PipelinePlan, PlannedOutput, PlannedStep } from "../../pipelines/steps/plan.ts";
import { formatQuantity } from "../../report/plain-text.ts";
import type { Summary } from "../../report/summary.ts";
import { fold } from "../text-layout.ts";

/** Writes an amount of pico-dollars. */
type DisplayUsd = (amount: bigint | undefined) => string;

interface ExplainOptions {
  readonly usd: DisplayUsd;
  /** Columns of the terminal; lines are as long as they are when undefined. */
  readonly width: number | undefined;
}

/** A pipeline's plan in words, as lines. */
export function explainPipeline(plan: PipelinePlan, known: KnownPlan, { usd, width }: ExplainOptions): string {
  const { firstAsking } = known;
  const first = plan.steps.find(({ kind }) => kind === "ask");
  const lines = [
    `dry run of ${plan.name}: nothing is asked, and no row is written`,
    `input     ${inputsText(known.paths)}${plan.inputFormat === undefined ? "" : `, as ${plan.inputFormat}`}`,
    ...plan.steps.flatMap((step) => [
      ...stepLines(step),
      ...(step === first && step.kind === "ask" ? askedLines(firstAsking, usd) : step.kind === "ask" ? [LATER] : []),
    ]),
    ...(isPartial(plan, known) ? [PARTIAL] : []),
    `output    ${outputText(plan.output)}; a failed row ${ON_ERROR[plan.onError]}`,
    ...(plan.errors === undefined
      ? []
      : [
          ...plan.errors.steps.flatMap(stepLines),
          `errors    failed rows go to ${outputText(plan.errors.output)}, too`,
        ]),
  ];
  return lines.map((line) => `${fold(line, width, MARGIN)}\n`).join("");
}

/** Whether more is asked than the dry run has looked at. */
function isPartial({ steps, errors }: PipelinePlan, { firstAsking }: KnownPlan): boolean {
  const all = [...steps, ...(errors?.steps ?? [])].filter(({ kind }) => kind === "ask");
  return firstAsking !== undefined && all.length > 1;
}

const PARTIAL = "estimate  of the first step that asks alone; those behind it are asked as well, and cost more";
const MARGIN = " ".repeat(10);
const LATER = "          asks about what the steps before it give: not known yet";
const ON_ERROR = { keep: "is kept, with its error", skip: "is left out", halt: "ends the run" } as const;
const MOST_INPUTS = 3;

function inputsText(paths: readonly string[]): string {
  const names = paths.map((path) => (path === "-" ? "stdin" : path));
  const more = names.length > MOST_INPUTS ? ` and ${names.length - MOST_INPUTS} more` : "";
  return names.slice(0, MOST_INPUTS).join(", ") + more;
}

function outputText({ output, outputFormat }: PlannedOutput): string {
  const file = output === undefined || output === "-" ? "stdout" : output;
  return outputFormat === undefined ? file : `${file}, as ${outputFormat}`;
}

function stepLines(step: PlannedStep): readonly string[] {
  if (step.kind === "rows") return [`${step.label}: ${step.explains}`];
  const { provider, endpoint, mode, outputField, maxCost } = step.settings;
  const model = step.settings.model ?? (provider === "emulator" ? EMULATED_MODEL : "a model that nobody has named");
  const limit = maxCost === undefined ? "" : `, for at most $${maxCost}`;
  const way = { batch: "by the Batch API", live: "live", auto: "live where rows are few" }[mode];
  return [
    `${step.label}: asks ${model} at ${provider}, ${endpoint}, ${way}${limit}; the answer becomes ${outputField}`,
  ];
}

function askedLines(summary: Summary | undefined, usd: DisplayUsd): readonly string[] {
  if (summary === undefined) return ["          asks about what your own code gives: not known yet"];
  const { rows, requests, chunks, tokens, cost } = summary;
  const n = (value: number) => value.toLocaleString("en-US");
  return [
    `          ${n(rows.read)} rows read; ${n(requests.asked)} requests to ask, ${n(requests.reused)} answered already, ` +
      `${n(requests.attached)} in flight, ${n(requests.shared)} equal to another row, ${formatQuantity(rows.failed, "row")} would fail`,
    `          ${formatQuantity(chunks, "chunk")}, ${n(tokens.estimated_input)} input tokens, ${usd(cost.estimated_usd ?? undefined)}, estimated`,
  ];
}
