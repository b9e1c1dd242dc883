/**
 * Masks that cut the first eight bytes of a key down to its length: `wordMasks[length]` for the first 32-bit word, and
 * `wordMasks[length + 9]` for the second. The bytes are read little-endian.
 */
export const wordMasks = Int32Array.from({ length: 18 }, (_, at) => maskFor(at < 9 ? at : at - 13));

/** Odd constants with well mixed bits: 2^32 divided by the golden ratio, and one of MurmurHash3's finaliser. */
const GOLDEN = 0x9e3779b1;
const MIX = 0x85ebca6b;

/** A hash of two words whose low bits depend on every bit of both. */
export function hashWords(low: number, high: number): number {
  const hash = Math.imul(Math.imul(low, GOLDEN) ^ high, MIX);
  return hash ^ (hash >>> 15);
}

/** A hash of a run of bytes. Reads up to three bytes beyond them. */
export function hashBytes(view: DataView, at: number, length: number): number {
  let hash = length;
  for (let done = 0; done < length; done += 4) {
    hash = Math.imul(hash ^ maskedWord(view, at + done, length - done), GOLDEN);
    hash ^= hash >>> 15;
  }
  return hash;
}

/** The 32-bit word at a byte, with zeros from `length` bytes on. */
export function maskedWord(view: DataView, at: number, length: number): number {
  const word = view.getInt32(at, true);
  return length >= 4 ? word : word & (wordMasks[length] as number);
}

/** The number of slots of a hash table: a power of two that leaves at least a third of them empty. */
export function slotCountFor(entries: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, entries * 1.5)));
}

function maskFor(bytes: number): number {
  if (bytes <= 0) return 0;
  return bytes >= 4 ? -1 : (1 << (8 * bytes)) - 1;
}
