/** How a piece of a line is to look, on a terminal with colours. */
export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** A line of a view, piece by piece. Pieces hold one column a character. */
export type StyledLine = readonly { readonly text: string; readonly style?: Style }[];

const CODES: Readonly<Record<Style, readonly [on: number, off: number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

/** A line as a terminal takes it. */
export function paint(line: StyledLine, hasColor: boolean): string {
  const pieces = line.map(({ text, style }) => {
    if (!hasColor || style === undefined || text.trim() === "") return text;
    const [on, off] = CODES[style];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  });
  return pieces.join("");
}

/** Columns that a line takes. */
export function widthOf(line: StyledLine): number {
  return line.reduce((width, { text }) => width + text.length, 0);
}

/** A line, cut off where it would go beyond the width. */
export function clip(line: StyledLine, width: number): StyledLine {
  let room = width;
  return line.flatMap((piece) => {
    const text = piece.text.slice(0, Math.max(0, room));
    room -= piece.text.length;
    return text === "" ? [] : [{ ...piece, text }];
  });
}

/** A text of unknown origin in characters that surely take one column each. */
export function cell(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, "?");
}
