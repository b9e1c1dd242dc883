/** Widest left column of a table; longer entries stand on a line of their own. */
const LEFT_LIMIT = 26;

/**
 * Breaks a text into lines of at most `width` columns, at spaces. A longer word stays whole.
 *
 * @param indent Put before each line, and counted.
 */
export function wrap(text: string, width: number, indent = ""): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && indent.length + longer.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line].map((each) => indent + each).join("\n");
}

/**
 * A line that is longer than a terminal is wide, on several; what follows the first stands behind `margin`.
 *
 * @param width Columns of the terminal; without it the line stays as it is.
 */
export function fold(line: string, width: number | undefined, margin: string): string {
  if (width === undefined || line.length <= width) return line;
  const [, lead = "", text = ""] = /^( *)(.*)$/s.exec(line) ?? [];
  return lead + wrap(text, width, margin).slice(margin.length);
}

/** Two columns: names to the left, wrapped text to the right. */
export function table(rows: readonly (readonly [string, string])[], width: number, indent: string): string {
  const left = Math.min(LEFT_LIMIT, Math.max(0, ...rows.map(([name]) => name.length)));
  const margin = " ".repeat(indent.length + left + 2);
  return rows.map(([name, text]) => tableRow(name, wrap(text, width, margin), { indent, margin })).join("\n");
}

function tableRow(name: string, wrapped: string, { indent, margin }: { indent: string; margin: string }): string {
  const head = (indent + name).padEnd(margin.length);
  return head.length > margin.length || !head.endsWith("  ")
    ? `${indent}${name}\n${wrapped}`
    : head + wrapped.slice(margin.length);
}
