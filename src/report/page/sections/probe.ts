import { formatCount } from "../../plain-text.ts";
import type { ProbeSummary } from "../../probe.ts";
import { horizontalBars } from "../bars.ts";
import { figure, percent, table } from "../chart.ts";
import { decimals } from "../estimates.ts";
import { type Html, html } from "../html.ts";
import type { PageSection } from "../section.ts";

/** How the answers to a fixed set have changed. */
export const probe: PageSection = {
  id: "probe",
  title: "Drift",
  render: ({ probe: found }) => {
    if (found === null) return undefined;
    const { previous } = found;
    if (previous === null) return html`<p class="hint">${countsOf(found)}: asked for the first time.</p>`;
    const since = `since run ${previous.run} of ${previous.at.slice(0, 16).replace("T", " ")} UTC, which asked ${previous.asked}`;
    if (found.compared === 0) return html`<p class="hint">${countsOf(found)}: nothing to compare ${since}.</p>`;
    return changesFigure(found, since);
  },
};

function countsOf({ file, rows, answered, failed }: ProbeSummary): string {
  const failures = failed === 0 ? "" : `, ${formatCount(failed)} failed`;
  return `${formatCount(rows)} rows of ${file}, ${formatCount(answered)} answered${failures}`;
}

function changesFigure(found: ProbeSummary, since: string): Html {
  const { compared, changed, field, mean_shift: shift, kappa } = found;
  const counts = [
    { label: "the same", count: compared - changed },
    { label: "changed", count: changed },
  ];
  const rows = counts.map(({ label, count }) => [label, formatCount(count), percent(count, compared)]);
  const name = field ?? "the answer";
  const figures = [
    ...(shift === null ? [] : [[`mean change of ${name}`, signed(shift), "–", "–"]]),
    ...(kappa === null
      ? []
      : [[`Cohen's kappa of ${name}`, decimals(kappa.value), decimals(kappa.low), decimals(kappa.high)]]),
  ];
  return figure({
    title: `Answers ${since}`,
    note: `${countsOf(found)}; ${formatCount(compared)} compared${figures.map(([of, value]) => `; ${of} ${value}`).join("")}`,
    chart: horizontalBars(counts),
    table: html`${table({ head: ["answers", "rows", "share"], rows, alignment: "lrr" })}${
      figures.length === 0
        ? undefined
        : table({ head: ["figure", "value", "from", "to"], rows: figures, alignment: "lrrr" })
    }`,
    isWide: true,
  });
}

function signed(value: number): string {
  return `${value < 0 ? "" : "+"}${decimals(value)}`;
}
