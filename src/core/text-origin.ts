/** Where a piece of text (a template, a schema) was taken from, so that messages point into the user's file. */
export interface TextOrigin {
  /** The file as the user named it, or the flag the text was given with. */
  readonly file: string;
  /** Where the text's first character stands, both 1-based. */
  readonly line: number;
  readonly column: number;
  /** Column at which the text's further lines start; without it they cannot be told apart in the file. */
  readonly indentColumn?: number;
}

/**
 * `file:line:column` of a place in a text.
 *
 * @param line 1-based line within the text.
 * @param column 1-based column within that line.
 */
export function placeIn(origin: TextOrigin, line: number = 1, column: number = 1): string {
  if (line === 1) return `${origin.file}:${origin.line}:${origin.column + column - 1}`;
  if (origin.indentColumn === undefined) return `${origin.file}:${origin.line}:${origin.column}`;
  return `${origin.file}:${origin.line + line - 1}:${origin.indentColumn + column - 1}`;
}
