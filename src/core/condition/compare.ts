import { plainValue } from "../json-text.ts";

/** Whether two values are the same; a number and a text that is one are. Missing is null. */
export function isEqual(left: unknown, right: unknown): boolean {
  const [a, b] = [plainValue(left) ?? null, plainValue(right) ?? null];
  if (typeof a === "number" || typeof b === "number") {
    const [first, second] = [numberOf(a), numberOf(b)];
    return first !== undefined && first === second;
  }
  return typeof a === "object" && a !== null ? JSON.stringify(a) === JSON.stringify(b) : a === b;
}

/** Whether one value comes before another: as numbers where both are, as texts where both are texts, else no. */
export function isBelow(left: unknown, right: unknown): boolean {
  const [a, b] = [plainValue(left), plainValue(right)];
  const [first, second] = [numberOf(a), numberOf(b)];
  if (first !== undefined && second !== undefined) return first < second;
  return typeof a === "string" && typeof b === "string" && a < b;
}

/** Whether a list has the value, or a text has the text in it. */
export function isIn(value: unknown, place: unknown): boolean {
  if (Array.isArray(place)) return place.some((item) => isEqual(item, value));
  return typeof place === "string" && typeof value === "string" && place.includes(value);
}

/** Whether a value by itself counts as a yes: all do but null, false, and the empty text. */
export function isTrue(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && value !== "";
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || value.trim() === "") return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}
