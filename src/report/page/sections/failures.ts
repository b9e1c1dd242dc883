import { formatCount } from "../../plain-text.ts";
import { horizontalBars } from "../bars.ts";
import { COLOR, figure, percent, table } from "../chart.ts";
import { html } from "../html.ts";
import type { PageSection } from "../section.ts";

/** What failed, and why. */
export const failures: PageSection = {
  id: "failures",
  title: "Failures",
  render: ({ failures: { of, by_code: byCode } }) => {
    const counts = Object.entries(byCode)
      .map(([label, count]) => ({ label, count }))
      .sort((a, b) => b.count - a.count);
    const all = counts.reduce((sum, { count }) => sum + count, 0);
    if (all === 0) return html`<p class="hint">Nothing failed.</p>`;
    const rows = counts.map(({ label, count }) => [label, formatCount(count), percent(count, all)]);
    return figure({
      title: `Failed ${of} by code`,
      note: `${formatCount(all)} ${of}`,
      chart: horizontalBars(counts, COLOR.bad),
      table: table({ head: ["code", of, "share"], rows, alignment: "lrr" }),
      isWide: true,
    });
  },
};
