import { placeOf, type Source } from "./source.ts";

/** A function's length in lines, and where it stands. */
export interface MeasuredFunction {
  readonly place: string;
  readonly lines: number;
}

const FUNCTIONS = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);

/** Lines of a file, the last one's end of line not counted as another. */
export function linesOf({ text }: Source): number {
  return text.replace(/\n$/, "").split("\n").length;
}

/** All functions and methods of a file, those inside others too. */
export function functionsOf(source: Source): readonly MeasuredFunction[] {
  const functions = source.nodes.filter((node) => FUNCTIONS.has(node.type) && node["body"] !== null);
  return functions.map((node) => ({
    place: placeOf(source, node),
    lines: source.text.slice(node.start, node.end).split("\n").length,
  }));
}

/** The value that a share (0 to 1) of the numbers does not exceed. */
export function percentile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}
