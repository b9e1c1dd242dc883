/** Tokens in few characters, such as `908k` or `1.2M`. */
export function displayTokens(count: number): string {
  if (count < 10_000) return count.toLocaleString("en-US");
  if (count < 999_500) return `${Math.round(count / 1_000)}k`;
  const [value, unit] = count < 999_500_000 ? [count / 1e6, "M"] : [count / 1e9, "G"];
  return `${value >= 99.5 ? Math.round(value) : value.toFixed(1)}${unit}`;
}

/** Pico-dollars in few characters, such as `$0.0042` or `$12.30`: to cents, below a dollar to two digits that count. */
export function displayUsd(amount: bigint): string {
  const dollars = Number(amount) / 1e12;
  if (dollars === 0 || dollars >= 0.995) return `$${dollars.toFixed(2)}`;
  const digits = Math.max(2, 1 - Math.floor(Math.log10(dollars)));
  return `$${dollars.toFixed(Math.min(8, digits))}`;
}
