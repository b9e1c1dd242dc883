import type { SeededRandom } from "./random.ts";
import { SchemaError } from "./schema-node.ts";

/** JSON Schema's bounds of a number. */
export interface NumberRange {
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
  readonly exclusiveMinimum: number | undefined;
  readonly exclusiveMaximum: number | undefined;
  readonly multipleOf: number | undefined;
}

/** Where only one bound is given, the other is this far from it. */
const USUAL_SPAN = 10;

/**
 * A number within the bounds.
 *
 * @throws {SchemaError} when there is none.
 */
export function numberIn(range: NumberRange, random: SeededRandom): number {
  const [low, high] = boundsOf(range);
  const number =
    range.multipleOf === undefined ? between(low, high, random) : multiple(range.multipleOf, range, random);
  if (!isWithin(number, range)) throw new SchemaError(`there is no number between ${low} and ${high}`);
  return number;
}

/** Two decimals where the range is wide enough for them. Adding 0 makes 0 of -0, which JSON cannot say. */
function between(low: number, high: number, random: SeededRandom): number {
  const share = 0.01 + 0.98 * random.next();
  // Not low + share × (high - low): that difference can overflow.
  const exact = low * (1 - share) + high * share;
  const rounded = Math.round(exact * 100) / 100 + 0;
  return rounded > low && rounded < high ? rounded : exact;
}

function multiple(step: number, range: NumberRange, random: SeededRandom): number {
  if (!(step > 0)) throw new SchemaError("multipleOf has to be above 0");
  const [low, high] = boundsOf(range);
  let first = Math.ceil(low / step);
  let last = Math.floor(high / step);
  if (first * step === range.exclusiveMinimum) first++;
  if (last * step === range.exclusiveMaximum) last--;
  if (first > last) throw new SchemaError(`there is no multiple of ${step} between ${low} and ${high}`);
  // Through 12 digits: 3 × 0.1 is meant to be 0.3.
  const factor = Math.min(last, random.integer(first, last));
  return (Number.isInteger(step) ? factor * step : Number((factor * step).toPrecision(12))) + 0;
}

function boundsOf(range: NumberRange): readonly [number, number] {
  const low = strictest(Math.max, range.minimum, range.exclusiveMinimum);
  const high = strictest(Math.min, range.maximum, range.exclusiveMaximum);
  const span = Math.max(USUAL_SPAN, USUAL_SPAN * (range.multipleOf ?? 0));
  if (low !== undefined) return [low, high ?? low + span];
  return high === undefined ? [0, span] : [Math.min(high, high - span), high];
}

function strictest(choose: (a: number, b: number) => number, a?: number, b?: number): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return choose(a, b);
}

function isWithin(number: number, range: NumberRange): boolean {
  return (
    number >= (range.minimum ?? Number.NEGATIVE_INFINITY) &&
    number <= (range.maximum ?? Number.POSITIVE_INFINITY) &&
    number !== range.exclusiveMinimum &&
    number !== range.exclusiveMaximum &&
    number > (range.exclusiveMinimum ?? Number.NEGATIVE_INFINITY) &&
    number < (range.exclusiveMaximum ?? Number.POSITIVE_INFINITY)
  );
}
