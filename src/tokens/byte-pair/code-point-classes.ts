import { InternalError } from "../../core/errors.ts";
import { codePointRuns } from "./code-point-runs.ts";

/**
 * The classes of code points that the patterns of tiktoken tell apart, one bit each, so that a test for several is one
 * `&`. No bit (0) stands for the end of the text.
 */
export const CLASS = {
  /** \p{Lu} and \p{Lt}. */
  upper: 1,
  /** \p{Ll}. */
  lower: 2,
  /** \p{Lm} and \p{Lo}. */
  caseless: 4,
  /** \p{M}. */
  mark: 8,
  /** \p{N}. */
  number: 16,
  /** Rust's \s (White_Space, so without U+FEFF) but for carriage return and line feed. */
  space: 32,
  /** Carriage return and line feed. */
  newline: 64,
  /** Everything else. */
  other: 128,
} as const;

const CODE_POINTS = 0x110000;

/** Which class a letter of `codePointRuns` stands for. */
const CLASS_OF_LETTER: Readonly<Record<string, number>> = {
  U: CLASS.upper,
  L: CLASS.lower,
  O: CLASS.caseless,
  M: CLASS.mark,
  N: CLASS.number,
  W: CLASS.space,
  R: CLASS.newline,
  S: 0,
  ".": CLASS.other,
};

/**
 * Makes the table of the class of every code point (1 MB, of which a text touches the pages of its scripts) from the
 * runs that are shipped with the package: the Unicode version of the runtime plays no part.
 */
export function createCodePointClasses(): Uint8Array {
  const classes = new Uint8Array(CODE_POINTS);
  let at = 0;
  for (const run of codePointRuns.match(/[A-Z.]\d*/g) ?? []) {
    const end = at + Number(run.slice(1) || 1);
    classes.fill(CLASS_OF_LETTER[run.charAt(0)] ?? 0, at, end);
    at = end;
  }
  if (at !== CODE_POINTS) throw new InternalError(`the runs of code points end at ${at}, not at ${CODE_POINTS}`);
  return classes;
}
