import type { PicoUsd } from "./price.ts";
import { formatPrice, formatUsd, parseUsd } from "./usd.ts";

/** ECMAScript's JSON with source text access, which TypeScript's declarations do not have yet. */
interface ExactJson {
  rawJSON(text: string): object;
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
}
const exactJson = JSON as typeof JSON & ExactJson;

/**
 * An amount to put into something for `JSON.stringify`, which writes it as a number with all its digits:
 * `{"cost_usd":0.00001875}`.
 *
 * @param amount undefined, for what is not known, is written as null
 */
export function usdInJson(amount: PicoUsd | undefined): object | null {
  return amount === undefined ? null : exactJson.rawJSON(formatUsd(amount));
}

/** As `JSON.stringify`, with every bigint (an amount in pico-dollars) written as exact dollars. */
export function stringifyWithUsd(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? usdInJson(item) : item), indent);
}

/** A token's price, in USD per million tokens, to put into something for `JSON.stringify`. */
export function perMillionInJson(rate: PicoUsd | undefined): object | null {
  return rate === undefined ? null : exactJson.rawJSON(formatPrice(rate));
}

/**
 * Parses JSON, with the numbers of all properties whose names end in `_usd` as exact amounts (bigint, in
 * pico-dollars), and not rounded to what a double can hold. One that is finer than a pico-dollar stays a number.
 *
 * @throws {SyntaxError} when it is not JSON
 */
export function parseJsonWithUsd(text: string): unknown {
  return exactJson.parse(text, (key: string, value: unknown, { source = "" }: { readonly source?: string }) =>
    typeof value === "number" && key.endsWith("_usd") ? (parseUsd(source) ?? value) : value,
  );
}
