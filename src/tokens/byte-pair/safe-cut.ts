import { CLASS } from "./code-point-classes.ts";

const LETTER = CLASS.upper | CLASS.lower | CLASS.caseless;
const BEFORE_LETTER_OR_NUMBER = CLASS.other | CLASS.space | CLASS.newline;
const APOSTROPHE = 0x27;

/**
 * A place to cut a long text where every encoding ends one piece and starts another whatever stands around: behind a
 * letter or number, before something that no word and no number goes on with.
 *
 * Takes the last one up to `wanted` or else the first one behind it, and returns the text's length if there is none.
 * Positions are UTF-16 code units.
 */
export function safeCut(classes: Uint8Array, text: string, start: number, wanted: number): number {
  if (wanted >= text.length) return text.length;
  for (let at = wanted; at > start; at--) {
    if (isBorder(classes, text, at)) return at;
  }
  for (let at = wanted + 1; at < text.length; at++) {
    if (isBorder(classes, text, at)) return at;
  }
  return text.length;
}

/** Surrogates are of no class that makes a border, so none is ever cut off from its other half. */
function isBorder(classes: Uint8Array, text: string, at: number): boolean {
  const before = classes[text.charCodeAt(at - 1)] as number;
  if ((before & (LETTER | CLASS.number)) === 0) return false;
  const unit = text.charCodeAt(at);
  const behind = classes[unit] as number;
  if ((behind & BEFORE_LETTER_OR_NUMBER) !== 0) return unit !== APOSTROPHE;
  return before === CLASS.number ? (behind & LETTER) !== 0 : behind === CLASS.number;
}
