import { hash, randomBytes } from "node:crypto";

/** Kinds of id the emulator hands out, by their prefix. */
export type IdPrefix = "file-" | "batch_";

let latest = 0;

/**
 * A new id that sorts by its time of making, so that a folder's listing is in order without reading a file: 14 hex
 * digits of time (in 1/16 ms, one more than the last where the clock stands still), 10 of chance.
 */
export function newId(prefix: IdPrefix, nowMs: number): string {
  latest = Math.max(latest + 1, Math.floor(nowMs * 16));
  return `${prefix}${latest.toString(16).padStart(14, "0")}${randomBytes(5).toString("hex")}`;
}

/** Whether a text has the form of an id, and so may become part of a path. */
export function isId(prefix: IdPrefix, text: string): boolean {
  return text.startsWith(prefix) && /^[0-9a-f]{24}$/.test(text.slice(prefix.length));
}

/** An id that always comes out the same for the same things, such as a request and the batch it is in. */
export function derivedId(prefix: string, ...things: readonly string[]): string {
  return prefix + hash("sha256", things.join("\n"), "hex").slice(0, 32);
}
