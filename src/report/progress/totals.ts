import { formatCount, formatDuration } from "../plain-text.ts";
import { displayTokens, displayUsd } from "./amounts.ts";
import { cell, clip, type Style, type StyledLine, widthOf } from "./styled-text.ts";
import type { ProgressView } from "./view.ts";

/** A piece of the line of totals. On a narrow terminal what has the higher rank goes first. */
interface Part {
  readonly text: string;
  readonly rank: number;
  readonly style?: Style;
}

/** The line of totals, in as many of its parts as fit. */
export function totalsLine(view: ProgressView, width: number): StyledLine {
  let parts = partsOf(view);
  let line = joined(parts);
  while (widthOf(line) > width && parts.length > 1) {
    const last = Math.max(...parts.map(({ rank }) => rank));
    parts = parts.filter(({ rank }) => rank !== last);
    line = joined(parts);
  }
  return clip(line, width);
}

/** The same as a sentence, with everything in it. */
export function totalsText(view: ProgressView): string {
  return partsOf(view)
    .map(({ text }) => text)
    .join(", ");
}

function partsOf(view: ProgressView): readonly Part[] {
  const { label, asked, answered, failed, tokens, elapsedMs, remainingMs } = view;
  const parts: (Part | undefined)[] = [
    label === undefined ? undefined : { text: cell(label), rank: 5 },
    rowsPart(view),
    { text: `${formatCount(asked)} asked`, rank: 6 },
    { text: `${formatCount(answered)} answered`, rank: 0, style: "bold" },
    { text: `${formatCount(failed)} failed`, rank: failed > 0 ? 1 : 4, ...(failed > 0 ? { style: "red" } : {}) },
    { text: `${displayTokens(tokens)} tokens`, rank: 8 },
    costPart(view),
    { text: formatDuration(elapsedMs), rank: 7 },
    remainingMs === undefined ? undefined : { text: `ETA ${formatDuration(remainingMs)}`, rank: 2, style: "cyan" },
  ];
  return parts.filter((part) => part !== undefined);
}

function rowsPart({ rowsRead, rowsExpected }: ProgressView): Part | undefined {
  if (rowsRead === undefined) return undefined;
  const isOnTheWay = rowsExpected !== undefined && rowsExpected > rowsRead;
  const of = isOnTheWay ? ` of ~${formatCount(rowsExpected)}` : "";
  return { text: `${formatCount(rowsRead)}${of} rows read`, rank: 3 };
}

function costPart({ cost, costExpected }: ProgressView): Part | undefined {
  if (cost === undefined) return undefined;
  const [now, end] = [displayUsd(cost), displayUsd(costExpected ?? cost)];
  return { text: now === end ? now : `${now} of ~${end}`, rank: 2.5, style: "green" };
}

function joined(parts: readonly Part[]): StyledLine {
  return parts.flatMap(({ text, style }, index) => [
    ...(index === 0 ? [] : [{ text: "  " }]),
    style === undefined ? { text } : { text, style },
  ]);
}
