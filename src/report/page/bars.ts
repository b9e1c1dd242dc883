import { formatCount } from "../plain-text.ts";
import { type Chart, COLOR, percent, roomFor, shortLabel } from "./chart.ts";

/** Something that is counted. */
export interface LabelledCount {
  readonly label: string;
  readonly count: number;
}

/** Pixels for a bar and the gap behind it: the fewer there are, the more. */
const BAR_HEIGHT = { least: 26, most: 46, room: 200 };

/** Counts as horizontal bars, one below the other, with the count behind each. */
export function horizontalBars(counts: readonly LabelledCount[], color: string = COLOR.main): Chart {
  const all = counts.reduce((sum, { count }) => sum + count, 0);
  const data = counts.map(({ label, count }, index) => ({
    key: index,
    count,
    text: formatCount(count),
    tip: `${label}: ${formatCount(count)} (${percent(count, all)})`,
  }));
  const labels = counts.map(({ label }) => shortLabel(label));
  const keys = data.map(({ key }) => key);
  const { least, most, room } = BAR_HEIGHT;
  const height = Math.max(least, Math.min(most, room / counts.length));
  return {
    options: {
      height: Math.ceil(counts.length * height) + 10,
      marginLeft: roomFor(labels),
      marginRight: roomFor(data.map(({ text }) => text)),
      marginTop: 4,
      marginBottom: 6,
      x: { axis: null },
      y: { domain: keys, label: null, axis: null, padding: 0.25 },
    },
    marks: [
      ["barX", data, { x: "count", y: "key", fill: color, rx2: 3 }],
      ["text", data, { x: "count", y: "key", text: "text", textAnchor: "start", dx: 6, fill: "currentColor" }],
      ["axisY", keys, { textAnchor: "end", tickSize: 0, label: null, labels }],
      ["tip", data, { pointer: "y", x: "count", y: "key", title: "tip" }],
    ],
  };
}
