import { type Chart, COLOR, roomFor } from "./chart.ts";

/** A figure with its interval, which it may lack. */
export interface NamedEstimate {
  readonly name: string;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

const ROW_HEIGHT = 38;

/** Figures that are 1 at best, as points with their intervals, one below the other. */
export function intervalChart(estimates: readonly NamedEstimate[]): Chart {
  const data = estimates.map((estimate, key) => ({ ...estimate, key, text: decimals(estimate.value) }));
  const intervals = data.filter(({ low, high }) => low !== null && high !== null);
  const least = Math.min(0, ...data.map(({ value, low }) => low ?? value));
  const keys = data.map(({ key }) => key);
  const labels = data.map(({ name }) => name);
  return {
    options: {
      height: data.length * ROW_HEIGHT + 30,
      marginLeft: roomFor(labels),
      marginRight: roomFor(data.map(({ text }) => text)),
      marginTop: 4,
      x: { domain: [least, 1], label: null, grid: true, ticks: 3, tickFormat: "number" },
      y: { type: "band", domain: keys, label: null, axis: null },
    },
    marks: [
      ["ruleY", intervals, { y: "key", x1: "low", x2: "high", stroke: COLOR.soft, strokeWidth: 6 }],
      ["dot", data, { x: "value", y: "key", fill: COLOR.main, r: 5 }],
      [
        "text",
        data,
        { y: "key", text: "text", frameAnchor: "right", textAnchor: "start", dx: 8, fill: "currentColor" },
      ],
      ["axisY", keys, { textAnchor: "end", tickSize: 0, label: null, labels }],
    ],
  };
}

/** To three places. */
export function decimals(value: number | null): string {
  return value === null ? "–" : value.toFixed(3);
}
