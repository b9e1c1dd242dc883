import type { LabelSummary } from "../../labels.ts";
import { formatCount } from "../../plain-text.ts";
import { type Chart, figure, table } from "../chart.ts";
import { confusionChart } from "../confusion.ts";
import { decimals, intervalChart, type NamedEstimate } from "../estimates.ts";
import { type Html, html } from "../html.ts";
import type { PageSection } from "../section.ts";

/** How the answers agree with the rows' labels. */
export const labels: PageSection = {
  id: "labels",
  title: "Agreement with labels",
  render: ({ labels: found }) => {
    if (found === null) return undefined;
    const figures = [estimatesFigure(found), confusionFigure(found)].filter((one) => one !== undefined);
    if (figures.length > 0) return html`<div class="figures">${figures}</div>`;
    return html`<p class="hint">${countsOf(found)}: ${found.compared === 0 ? "nothing to compare" : TOO_MANY}.</p>`;
  },
};

const TOO_MANY = "too many different values to say how they agree";

function countsOf({ label, answer, compared, without_label: unlabelled, without_answer: unanswered }: LabelSummary) {
  return [
    `${answer ?? "the answer"} with ${label}, ${formatCount(compared)} compared`,
    ...(unlabelled > 0 ? [`${formatCount(unlabelled)} without a label`] : []),
    ...(unanswered > 0 ? [`${formatCount(unanswered)} without an answer`] : []),
  ].join(", ");
}

function estimatesFigure(found: LabelSummary): Html | undefined {
  const named = {
    accuracy: found.accuracy,
    "Cohen's kappa": found.kappa,
    "kappa, linear weights": found.kappa_linear,
    "kappa, quadratic weights": found.kappa_quadratic,
    "Spearman's rho": found.spearman,
  };
  const estimates = Object.entries(named).flatMap(([name, estimate]): NamedEstimate[] =>
    estimate === null ? [] : [{ name, ...estimate }],
  );
  if (estimates.length === 0) return undefined;
  const { resamples, confidence } = found.bootstrap;
  const scale = found.same_scale === false ? "; no value stands on both sides" : "";
  return figure({
    title: "Figures of agreement",
    note: `${countsOf(found)}; ${100 * confidence} % intervals by ${formatCount(resamples)} resamples${scale}`,
    chart: intervalChart(estimates),
    table: table({
      head: ["figure", "value", "from", "to"],
      rows: estimates.map(({ name, value, low, high }) => [name, decimals(value), decimals(low), decimals(high)]),
      alignment: "lrrr",
    }),
  });
}

function confusionFigure({ values, confusion }: LabelSummary): Html | undefined {
  if (values === null || confusion === null) return undefined;
  const names = values.map(String);
  const chart: Chart = confusionChart(names, confusion);
  return figure({
    title: "Confusion matrix",
    note: "labels downwards, answers across; the stronger, the more of that label",
    chart,
    table: table({
      head: ["label \\ answer", ...names],
      rows: confusion.map((counts, index) => [names[index] ?? "", ...counts.map(formatCount)]),
      alignment: `l${"r".repeat(names.length)}`,
    }),
  });
}
