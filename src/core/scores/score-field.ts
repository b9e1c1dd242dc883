/** A value that is counted by itself. */
export type Category = string | number | boolean;

/** A field of the answers whose values are counted. */
export interface ScoreField {
  /** Its column in a table, such as `grade.score`. */
  readonly name: string;
  /** The properties that lead to it; none where the answer itself is the value. */
  readonly path: readonly string[];
  readonly kind: "integer" | "number" | "category";
  /** All values it may have, in the schema's order, where the schema lists them. */
  readonly values?: readonly Category[];
  /** The bounds that the schema gives a number, inclusive. */
  readonly minimum?: number;
  readonly maximum?: number;
}
