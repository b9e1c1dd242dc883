const SIZE = /^(\d+(?:\.\d+)?) ?(?:([kmgt])(i?))?b?$/i;
const POWERS: Readonly<Record<string, number>> = { k: 1, m: 2, g: 3, t: 4 };
const DURATION = /^(\d+(?:\.\d+)?|\.\d+) ?(ms|s|m|h|d)?$/i;
const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400 };
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** A finite decimal number, or undefined. Hexadecimal, `Infinity`, `NaN` and the empty text are none. */
export function parseNumber(text: string): number | undefined {
  if (!NUMBER.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/**
 * A whole number with an optional suffix: `k M G T` are powers of 1000, `Ki Mi Gi Ti` of 1024, and a `B` may follow;
 * case does not matter.
 *
 * @returns undefined for anything else, and for what is not whole or not exact in a double
 */
export function parseSize(text: string): number | undefined {
  const match = SIZE.exec(text.replaceAll("_", ""));
  if (match === null) return undefined;
  const [, digits = "", letter = "", binary = ""] = match;
  const value = Number(digits) * (binary === "" ? 1000 : 1024) ** (POWERS[letter.toLowerCase()] ?? 0);
  const rounded = Math.round(value);
  return Number.isSafeInteger(rounded) && Math.abs(value - rounded) < 1e-6 ? rounded : undefined;
}

/** Seconds from `1.5`, `500ms`, `30s`, `5m`, `2h` or `1d`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  const [, digits = "", unit = "s"] = match;
  const seconds = Number(digits) * (SECONDS[unit.toLowerCase()] ?? 1);
  return Number.isFinite(seconds) ? seconds : undefined;
}
