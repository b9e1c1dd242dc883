import { formatCount, formatDuration } from "../../plain-text.ts";
import type { BatchSpan, RunReport } from "../../run-report.ts";
import { type Chart, figure, table } from "../chart.ts";
import { type Html, html } from "../html.ts";
import { PHASES, type Phase, type PhaseName, phasesOf } from "../phases.ts";
import type { PageSection } from "../section.ts";

/** When each batch waited, ran and was collected. */
export const batches: PageSection = {
  id: "batches",
  title: "Batches over time",
  render: (report) => (report.batches.total === 0 ? undefined : figureOf(report)),
};

/** A batch with the parts of its life. */
interface Lane {
  readonly span: BatchSpan;
  readonly phases: readonly Phase[];
}

function figureOf({ batches: { listed, total, every }, made_at: madeAt }: RunReport): Html {
  const lanes = listed.map((span) => ({ span, phases: phasesOf(span, Date.parse(madeAt)) }));
  const some = every === 1 ? "" : `; one in ${formatCount(every)} is shown`;
  return figure({
    title: total === 1 ? "One batch" : `${formatCount(total)} batches, oldest first`,
    note: `${phaseNote(lanes)}${some}`,
    chart: chartOf(lanes),
    table: html`${phaseTable(lanes)}${batchTable(lanes)}`,
    isWide: true,
  });
}

const LANES = { most: 26, least: 3, height: 420 };

function chartOf(lanes: readonly Lane[]): Chart {
  const laneHeight = Math.max(LANES.least, Math.min(LANES.most, LANES.height / lanes.length));
  const data = lanes.flatMap(({ span, phases }, key) =>
    phases.map(({ name, from, to }) => ({ key, name, from, to, tip: tipOf(span, { name, from, to }) })),
  );
  const used = usedPhases(lanes);
  const isLabelled = lanes.length <= 30;
  const keys = lanes.map((_, key) => key);
  const labels = lanes.map(({ span }) => (span.batch_id ?? span.chunk).slice(-8));
  return {
    options: {
      height: Math.ceil(lanes.length * laneHeight) + 40,
      marginLeft: isLabelled ? 70 : 12,
      marginRight: 20,
      x: { type: "utc", label: null, grid: true },
      y: { domain: keys, axis: null, padding: isLabelled ? 0.25 : 0 },
      color: { domain: used, range: used.map((name) => PHASES[name]), legend: true },
    },
    marks: [
      ["barX", data, { x1: "from", x2: "to", y: "key", fill: "name", title: "tip", tip: true }],
      ...(isLabelled ? [["axisY", keys, { tickSize: 0, label: null, labels }] as const] : []),
    ],
  };
}

function tipOf({ batch_id: id, chunk, requests, status }: BatchSpan, { name, from, to }: Phase): string {
  const what = `${id ?? chunk}\n${formatCount(requests)} requests, ${status}`;
  return `${what}\n${name}: ${formatDuration(Math.max(1000, to - from))}`;
}

function usedPhases(lanes: readonly Lane[]): readonly PhaseName[] {
  const names = new Set(lanes.flatMap(({ phases }) => phases.map(({ name }) => name)));
  return (Object.keys(PHASES) as PhaseName[]).filter((name) => names.has(name));
}

function durationsOf(lanes: readonly Lane[], name: PhaseName): readonly number[] {
  const inPhase = lanes.flatMap(({ phases }) => phases.filter((phase) => phase.name === name));
  return inPhase.map(({ from, to }) => to - from).sort((a, b) => a - b);
}

function phaseNote(lanes: readonly Lane[]): string {
  const parts = usedPhases(lanes).map((name) => `${name} ${median(durationsOf(lanes, name))}`);
  return `median: ${parts.join(", ")}`;
}

function median(sorted: readonly number[]): string {
  return inWords(sorted[Math.floor((sorted.length - 1) / 2)] ?? 0);
}

function inWords(milliseconds: number): string {
  return milliseconds < 1000 ? "under 1 s" : formatDuration(milliseconds);
}

function phaseTable(lanes: readonly Lane[]): Html {
  const rows = usedPhases(lanes).map((name) => {
    const sorted = durationsOf(lanes, name);
    return [name, formatCount(sorted.length), median(sorted), inWords(sorted.at(-1) ?? 0)];
  });
  return table({ head: ["phase", "batches", "median", "longest"], rows, alignment: "lrrr" });
}

function batchTable(lanes: readonly Lane[]): Html {
  const head = ["batch", "model", "status", "requests", "submitted (UTC)", "took"];
  const rows = lanes.map(({ span, phases }) => [
    span.batch_id ?? span.chunk,
    span.model,
    span.status,
    formatCount(span.requests),
    span.submitted_at.slice(0, 19).replace("T", " "),
    inWords((phases.at(-1)?.to ?? 0) - (phases[0]?.from ?? 0)),
  ]);
  return table({ head, rows, alignment: "lllrrr" });
}
