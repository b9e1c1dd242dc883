import { formatCount } from "../../plain-text.ts";
import { horizontalBars } from "../bars.ts";
import { figure, percent, table } from "../chart.ts";
import type { PageSection } from "../section.ts";

/** Whether the place of the texts decided who won. */
export const pairs: PageSection = {
  id: "pairs",
  title: "Pairs",
  render: ({ pairs: found }) => {
    if (found === null) return undefined;
    const { consistent, inconsistent } = found;
    const all = consistent + inconsistent;
    if (all === 0) return undefined;
    const counts = [
      { label: "the same in both orders", count: consistent },
      { label: "not the same", count: inconsistent },
    ];
    return figure({
      title: "Verdicts by order",
      note: `${formatCount(all)} pairs, each asked about with either text first`,
      chart: horizontalBars(counts),
      table: table({
        head: ["verdicts", "pairs", "share"],
        rows: counts.map(({ label, count }) => [label, formatCount(count), percent(count, all)]),
        alignment: "lrr",
      }),
      isWide: true,
    });
  },
};
