const MASK = "[redacted]";

/** Shorter strings are no secrets, and masking them would shred the text. */
const SHORTEST_SECRET = 6;

/** What looks like a secret wherever it stands: OpenAI-style and Groq keys, bearer tokens, passwords in addresses. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/\b(?:sk-|gsk_)[A-Za-z0-9_-]{6,}/g, MASK],
  [/\b(Bearer) +[A-Za-z0-9._~+/=-]{6,}/gi, `$1 ${MASK}`],
  [/(:\/\/)[^\s/?#@:]{0,256}:[^\s/?#@]{1,256}@/g, `$1${MASK}@`],
];

/**
 * A text with its secrets masked: the known ones, and anything that looks like an API key, a bearer token or the
 * password in an address.
 *
 * @param secrets Known secrets; those under 6 characters are ignored.
 */
export function redact(text: string, secrets: Iterable<string> = []): string {
  let safe = text;
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    if (secret.length >= SHORTEST_SECRET) safe = safe.replaceAll(secret, MASK);
  }
  for (const [pattern, mask] of PATTERNS) safe = safe.replace(pattern, mask);
  return safe;
}
