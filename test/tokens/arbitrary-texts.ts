import fc from "fast-check";

/** Characters that meet in the patterns' corners, script by script. */
export const alphabets = {
  contractions: "'sStTmMdDreRvVlL\u017f\u212a aA1",
  "white space": "  \t\n\r\u000b\u0085\u00a0\u1680\u2003\u2028\u202f\u3000\ufeffx1.",
  cases: "aAbBzZ日本ªʰ\u0301\u0903ǅǈ'-",
  digits: "0123456789٣४Ⅷ½①aA.,",
  punctuation: "!?/\\\n\r.,'\"()[]{}<>#-_=+*a ",
  latin: "aeiouàéîõüßøłžțÆŒĐ ",
  greek: "αβγδΑΒΓάέΐϑ ",
  cyrillic: "абвгдАБВЁёЖж ",
  georgian: "აბგᲐᲑᲒႠႡ\u02e0 ",
  hebrew: "אבגדהוְָ ",
  arabic: "ابجدهوزًّ٠١ ",
  devanagari: "कखगघहिन्दी१२ ",
  thai: "กขคงจ่้๊เา๑ ",
  hangul: "한국어가나다각 ",
  kana: "あいうえアイウエーっ、。 ",
  han: "的一是不了人我在有他这中大𠀀𠀁，。",
  emoji: "😀👨👩👧🏽\u200d\ufe0f❤🇩🇪 ",
  "astral letters": "𝐀𝐚𐐀𐐨𐤀𞤀𞤢🄰 ",
  specials: "<|endoftext|><|endofprompt|><|start|>\u0000\ufffd",
} as const;

/** Text of one alphabet. */
export function textOf(alphabet: string, maxLength = 40): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...alphabet), maxLength });
}

/** Text of all alphabets and any code points by turns, with repeats, and with lone surrogates. */
export function anyText(): fc.Arbitrary<string> {
  const parts = fc.oneof(
    ...Object.values(alphabets).map((alphabet) => textOf(alphabet, 12)),
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.string({ unit: "grapheme", maxLength: 12 }),
    fc.constantFrom("\ud800", "\udfff", " the", "function", "'s", "ing ", "://", "…"),
    fc.tuple(fc.string({ minLength: 1, maxLength: 2 }), fc.nat(40)).map(([unit, times]) => unit.repeat(times)),
  );
  return fc.array(parts, { maxLength: 8 }).map((texts) => texts.join(""));
}
