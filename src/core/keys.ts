import { createHash } from "node:crypto";
import type { RequestBody } from "./records.ts";

/**
 * 20 bytes (160 bits) of SHA-256: as unlikely to collide by chance as git's object names, and short in an index
 * of millions.
 */
const KEY_BYTES = 20;
const CUSTOM_ID_PREFIX = "bgp-";

/**
 * The body as the one text it goes over the wire in, and from which the key is made: top-level fields sorted by
 * name, everything below as given. Order below matters to models: the properties of an answer follow its schema's.
 */
export function canonicalBody(body: RequestBody): string {
  const sorted = Object.fromEntries(Object.entries(body).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  return JSON.stringify(sorted);
}

/**
 * The key of a request: equal provider, endpoint and body give equal keys, on any machine and in any run.
 *
 * @param provider The provider's identity (its name, and its address where that is not the provider's own).
 * @param body From {@link canonicalBody}.
 * @param occasion Tells apart requests of one body that are to be answered each for itself.
 * @returns 27 characters of base64url
 */
export function requestKey(provider: string, endpoint: string, body: string, occasion?: string): string {
  const hash = createHash("sha256").update(`${provider}\n${endpoint}\n`).update(body);
  // A body is one line.
  if (occasion !== undefined) hash.update(`\n${occasion}`);
  return hash.digest().subarray(0, KEY_BYTES).toString("base64url");
}

/**
 * The occasion of one of several samples, counted from 1. The first is the request as it always is.
 *
 * @param occasion That of all of them.
 */
export function sampleOccasion(sample: number, occasion?: string): string | undefined {
  if (sample === 1) return occasion;
  return occasion === undefined ? `sample ${sample}` : `${occasion}, sample ${sample}`;
}

/** `custom_id` for a key: 31 characters of [A-Za-z0-9_-], within every known provider's limit of 64. */
export function customIdOf(key: string): string {
  return CUSTOM_ID_PREFIX + key;
}

/** The key a `custom_id` was made from, or undefined for one that is not ours. */
export function keyOf(customId: string): string | undefined {
  if (!customId.startsWith(CUSTOM_ID_PREFIX)) return undefined;
  const key = customId.slice(CUSTOM_ID_PREFIX.length);
  return key.length === 27 ? key : undefined;
}
