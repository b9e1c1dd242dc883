/** What a provider says of one of its limits. */
export interface RateLimit {
  /** What it lets pass per minute. (Groq's is per day for requests; being higher, it does no harm.) */
  readonly limit?: number;
  /** What it would let pass now. */
  readonly remaining?: number;
  /** Until all of it is there again, in milliseconds. */
  readonly resetMs?: number;
}

/** What a reply's headers say of the provider's limits. */
export interface RateLimitNotice {
  readonly requests?: RateLimit;
  readonly tokens?: RateLimit;
}

/**
 * Reads `x-ratelimit-{limit,remaining,reset}-{requests,tokens}` as OpenAI, Groq and Azure send them. Azure also spells
 * it `x-rate-limit-reset-tokens`.
 *
 * @param get A header's value by its name in lower case.
 * @returns undefined when none of them is there; what cannot be read is left out
 */
export function parseRateLimits(get: (header: string) => string | null | undefined): RateLimitNotice | undefined {
  const requests = parseRateLimit(get, "requests");
  const tokens = parseRateLimit(get, "tokens");
  if (requests === undefined && tokens === undefined) return undefined;
  return { ...(requests === undefined ? {} : { requests }), ...(tokens === undefined ? {} : { tokens }) };
}

function parseRateLimit(
  get: (header: string) => string | null | undefined,
  unit: "requests" | "tokens",
): RateLimit | undefined {
  const limit = parseCount(get(`x-ratelimit-limit-${unit}`));
  const remaining = parseCount(get(`x-ratelimit-remaining-${unit}`));
  const resetMs = parseDurationMs(get(`x-ratelimit-reset-${unit}`) ?? get(`x-rate-limit-reset-${unit}`));
  if (limit === undefined && remaining === undefined && resetMs === undefined) return undefined;
  return {
    ...(limit === undefined ? {} : { limit }),
    ...(remaining === undefined ? {} : { remaining }),
    ...(resetMs === undefined ? {} : { resetMs }),
  };
}

/** Azure sends -1 for what it does not know. */
function parseCount(text: string | null | undefined): number | undefined {
  return text != null && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}

const UNIT_MS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
const PART = /(\d+(?:\.\d+)?)(ms|[dhms])/g;

/** `6m0s`, `2m59.56s`, `20ms`; a bare number is seconds. */
function parseDurationMs(text: string | null | undefined): number | undefined {
  const whole = text?.trim() ?? "";
  const seconds = parseCount(whole);
  if (seconds !== undefined) return seconds * 1000;
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[dhms]))+$/.test(whole)) return undefined;
  let totalMs = 0;
  for (const [, figure = "", unit = ""] of whole.matchAll(PART)) totalMs += Number(figure) * (UNIT_MS[unit] ?? 0);
  return totalMs;
}
