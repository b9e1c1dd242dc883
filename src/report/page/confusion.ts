import { formatCount } from "../plain-text.ts";
import { type Chart, COLOR, percent, roomFor, shortLabel } from "./chart.ts";

/** Cells with their count in them, and values with their name beside them; of more, the table has them. */
const MAX_COUNTED = 10;
const MAX_NAMED = 30;
/** Pixels for a row of cells. */
const CELL = { least: 8, most: 44, room: 440 };
/** Text on the strongest cell can still be read, on a light page and on a dark one. */
const [FAINTEST, STRONGEST] = [0.05, 0.65];

/** A confusion matrix as a heat map. @param counts A row for each label, a column for each answer. */
export function confusionChart(names: readonly string[], counts: readonly (readonly number[])[]): Chart {
  const cells = counts.flatMap((row, label) => rowCells(names, row, label));
  const isCounted = names.length <= MAX_COUNTED;
  const cellHeight = Math.max(CELL.least, Math.min(CELL.most, CELL.room / names.length));
  const keys = names.map((_, key) => key);
  const labels = names.map(shortLabel);
  const isNamed = names.length <= MAX_NAMED;
  const isShort = labels.every((label) => label.length <= 4);
  const room = isNamed ? roomFor(labels) : 12;
  const across = { tickSize: 0, label: null, labels, ...(isShort ? {} : { tickRotate: -45 }) };
  return {
    options: {
      height: Math.ceil(names.length * cellHeight + (isShort ? 30 : room)),
      marginLeft: room,
      marginBottom: isShort ? 26 : room,
      marginTop: 4,
      x: { domain: keys, axis: null, label: null, padding: 0.04 },
      y: { domain: keys, axis: null, label: null, padding: 0.04 },
      opacity: { type: "identity" },
    },
    marks: [
      ["cell", cells, { x: "answer", y: "label", fill: COLOR.main, fillOpacity: "opacity", title: "tip", tip: true }],
      ...(isCounted ? [["text", cells, { x: "answer", y: "label", text: "text", fill: "currentColor" }] as const] : []),
      ...(isNamed
        ? ([
            ["axisX", keys, across],
            ["axisY", keys, { tickSize: 0, label: null, labels }],
          ] as const)
        : []),
    ],
  };
}

function rowCells(names: readonly string[], row: readonly number[], label: number) {
  const all = row.reduce((sum, count) => sum + count, 0);
  return row.map((count, answer) => ({
    label,
    answer,
    opacity: FAINTEST + (STRONGEST - FAINTEST) * (all === 0 ? 0 : count / all),
    text: formatCount(count),
    tip: `label ${names[label]}, answer ${names[answer]}\n${formatCount(count)}, ${percent(count, all)} of that label`,
  }));
}
