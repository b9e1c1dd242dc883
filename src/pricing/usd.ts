import type { PicoUsd } from "./price.ts";

const DECIMALS = 12;
const USD = 10n ** BigInt(DECIMALS);
/** Bounds the work on a hostile text; 10⁶⁰ USD are more than there are. */
const MAX_LENGTH = 80;
const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d{1,2}))?$/i;

/**
 * Reads an amount in USD, exactly. Any number that JSON can have is read, also in the spelling of programs that write
 * small ones as `1.875e-8`.
 *
 * @returns undefined for a text that is no such number, or is finer than a pico-dollar
 */
export function parseUsd(text: string): PicoUsd | undefined {
  const [, sign, whole, fraction = "", exponent = "0"] = (text.length <= MAX_LENGTH && NUMBER.exec(text)) || [];
  if (whole === undefined) return undefined;
  const digits = BigInt(whole + fraction);
  const shift = Number(exponent) - fraction.length + DECIMALS;
  const amount = shift >= 0 ? digits * 10n ** BigInt(shift) : divideExactly(digits, 10n ** BigInt(-shift));
  return amount !== undefined && sign === "-" ? -amount : amount;
}

function divideExactly(dividend: bigint, divisor: bigint): bigint | undefined {
  return dividend % divisor === 0n ? dividend / divisor : undefined;
}

/** An amount as the shortest exact decimal of USD, such as `0.00001875`: a JSON number, and what {@link parseUsd} reads. */
export function formatUsd(amount: PicoUsd): string {
  return decimal(amount, DECIMALS);
}

/**
 * An amount for people: to the cent, or to three digits where that says more, such as `$1,234.57`, `$0.0188` or
 * `$0.00000188`. Rounded half up; for anything that is counted on with, there is {@link formatUsd}.
 *
 * @param amount undefined when it is not known
 */
export function displayUsd(amount: PicoUsd | undefined): string {
  if (amount === undefined) return "unknown";
  const [sign, size] = amount < 0n ? ["-", -amount] : ["", amount];
  const shown = Math.min(DECIMALS, Math.max(2, DECIMALS - size.toString().length + 3));
  const unit = 10n ** BigInt(DECIMALS - shown);
  const [whole = "", fraction = ""] = decimal(((size + unit / 2n) / unit) * unit, DECIMALS).split(".");
  return `${sign}$${whole.replace(/\B(?=(?:\d{3})+$)/g, ",")}.${fraction.padEnd(2, "0")}`;
}

/** A whole number of 10⁻ᵈ as a decimal without trailing zeros. */
function decimal(amount: bigint, decimals: number): string {
  const [sign, size] = amount < 0n ? ["-", -amount] : ["", amount];
  const unit = 10n ** BigInt(decimals);
  const fraction = (size % unit).toString().padStart(decimals, "0").replace(/0+$/, "");
  return `${sign}${size / unit}${fraction === "" ? "" : `.${fraction}`}`;
}

/** USD per million tokens: the prices that people write down are 10⁶ times a token's. */
const PER_TOKEN = 1_000_000n;
/** 1 USD for a token; what is above is a mistake in the unit. */
const HIGHEST = USD;

/**
 * Reads a price in USD per million tokens, exactly.
 *
 * @param price A decimal, or a number as YAML and JSON give it, which stands for the shortest decimal that means it.
 * @returns a token's price in pico-dollars, or the end of a sentence that begins with the price's name
 */
export function parsePrice(price: string | number): PicoUsd | { readonly problem: string } {
  const text = String(price);
  if (!NUMBER.test(text)) return { problem: "has to be USD per million tokens, such as 0.15" };
  const amount = parseUsd(text);
  if (amount === undefined || amount % PER_TOKEN !== 0n) {
    return { problem: `is ${price}: more than 6 decimals; is it the price of one token instead of a million?` };
  }
  const rate = amount / PER_TOKEN;
  if (rate < 0n) return { problem: `is ${price}: it cannot be negative` };
  if (rate > HIGHEST) return { problem: `is ${price}: more than a dollar for a token` };
  return rate;
}

/** A token's price as USD per million tokens, such as `0.0375`: what {@link parsePrice} reads. */
export function formatPrice(rate: PicoUsd): string {
  return formatUsd(rate * PER_TOKEN);
}
