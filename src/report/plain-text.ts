/**
 * Rows as lines of aligned columns, two blanks apart.
 *
 * @param alignment A letter per column: `l` or `r`.
 * @param indent Put before each line.
 */
export function alignColumns(
  rows: readonly (readonly string[])[],
  { alignment, indent = "" }: { readonly alignment: string; readonly indent?: string },
): readonly string[] {
  // Not by Math.max(...): a call cannot take 100,000 arguments.
  const widths = Array.from(alignment, (_, index) =>
    rows.reduce((width, row) => Math.max(width, row[index]?.length ?? 0), 0),
  );
  return rows.map((row) => {
    const cells = row.map((cell, index) => {
      const width = widths[index] ?? 0;
      return alignment[index] === "r" ? cell.padStart(width) : cell.padEnd(width);
    });
    return `${indent}${cells.join("  ")}`.trimEnd();
  });
}

/** A whole number, such as `1,234,567`. */
export function formatCount(value: number): string {
  return value.toLocaleString("en-US");
}

/** A number of things, such as `1 batch` or `3 batches`. */
export function formatQuantity(value: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(value)} ${value === 1 ? singular : plural}`;
}

const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB"];

/** Bytes in units of powers of 1000, such as `1.5 MB`. */
export function formatBytes(bytes: number): string {
  const power = Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${BYTE_UNITS[power]}`;
}

const TIME_UNITS = [
  { ms: 86_400_000, name: "d" },
  { ms: 3_600_000, name: "h" },
  { ms: 60_000, name: "min" },
  { ms: 1_000, name: "s" },
] as const;

/** A length of time in its two largest units that are not 0, such as `3 d 4 h` or `12 s`. */
export function formatDuration(milliseconds: number): string {
  let rest = Math.max(0, milliseconds);
  const parts = TIME_UNITS.map(({ ms, name }) => {
    const value = Math.floor(rest / ms);
    rest -= value * ms;
    return { value, text: `${value} ${name}` };
  });
  const first = parts.findIndex(({ value }) => value > 0);
  if (first === -1) return "0 s";
  const shown = parts.slice(first, first + 2).filter(({ value }) => value > 0);
  return shown.map(({ text }) => text).join(" ");
}

/** Control characters, which could move a terminal's cursor; U+2028 and U+2029 break lines too. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/** A text of unknown origin, safe to show on a terminal. */
export function printable(text: string): string {
  return text.replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
