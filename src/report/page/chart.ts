import { type Html, html, scriptJson } from "./html.ts";

/** A chart, as [Plot](https://observablehq.com/plot) takes it: everything that is data can be said. */
export interface Chart {
  /** Options of `Plot.plot`, without `marks` and `width`; a `tickFormat` may be `count` or `number`. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly marks: readonly Mark[];
}

/** A function of Plot, its data, and its options. */
export type Mark = readonly [name: string, data: readonly unknown[], options: Readonly<Record<string, unknown>>];

export interface Figure {
  readonly title: string;
  /** What is to be known at a glance. */
  readonly note?: string;
  readonly chart: Chart;
  /** The same numbers. Open where nothing is drawn. */
  readonly table: Html;
  /** Whether it takes the page's whole width. */
  readonly isWide?: boolean;
}

/** Colours that are different on a light page and on a dark one. */
export const COLOR = {
  main: "var(--blue)",
  soft: "var(--soft)",
  second: "var(--amber)",
  good: "var(--green)",
  bad: "var(--red)",
  other: "var(--violet)",
  quiet: "var(--grey)",
} as const;

/** A chart with its title, and its numbers as a table. */
export function figure({ title, note, chart, table, isWide }: Figure): Html {
  return html`<figure class="${isWide === true ? "wide" : ""}">
<figcaption><h3>${title}</h3>${note === undefined ? undefined : html`<p>${note}</p>`}</figcaption>
<div class="chart" role="img" aria-label="${`${title}. ${note ?? ""} The numbers are in the table below.`}"></div>
<script type="application/json">${scriptJson(chart)}</script>
<details open><summary>Numbers</summary>${table}</details>
</figure>
`;
}

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | Html)[])[];
  /** A letter per column: `l` or `r`. */
  readonly alignment: string;
}

/** A table that scrolls within itself where it is too wide. */
export function table({ head, rows, alignment }: Table): Html {
  const classOf = (index: number) => (alignment[index] === "r" ? "number" : "");
  const heads = head.map((cell, index) => html`<th scope="col" class="${classOf(index)}">${cell}</th>`);
  const line = (row: readonly (string | Html)[]) =>
    html`<tr>${row.map((cell, index) => html`<td class="${classOf(index)}">${cell}</td>`)}</tr>
`;
  return html`<div class="scroll"><table><thead><tr>${heads}</tr></thead><tbody>
${rows.map(line)}</tbody></table></div>`;
}

/** A part in percent, such as `12.5%`. */
export function percent(part: number, all: number): string {
  return all === 0 ? "–" : `${((100 * part) / all).toFixed(1)}%`;
}

/** A text that fits beside a chart. What is too long loses its middle: names mostly differ at their ends. */
export function shortLabel(text: string): string {
  return text.length <= LABEL_LENGTH
    ? text
    : `${text.slice(0, LABEL_LENGTH - TAIL_LENGTH - 1)}…${text.slice(-TAIL_LENGTH)}`;
}

/** Pixels that a text takes in a chart, and a little more. */
export function roomFor(texts: readonly string[]): number {
  const longest = texts.reduce((length, text) => Math.max(length, text.length), 1);
  return Math.ceil(longest * CHARACTER_WIDTH) + 14;
}

const LABEL_LENGTH = 26;
const TAIL_LENGTH = 9;
const CHARACTER_WIDTH = 6.6;
