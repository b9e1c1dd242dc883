import type { SeededRandom } from "./random.ts";

const WORDS = [
  "answer",
  "clear",
  "concise",
  "correct",
  "detail",
  "evidence",
  "example",
  "explains",
  "idea",
  "point",
  "reason",
  "relevant",
  "source",
  "step",
  "text",
  "well",
] as const;
const SUBJECTS = ["The answer", "This response", "The text", "The writer", "Its argument", "The explanation"] as const;
const VERBS = ["covers", "states", "supports", "explains", "mentions", "repeats"] as const;
const OBJECTS = ["the main point", "each step", "the evidence", "one example", "the question", "a detail"] as const;
const ENDINGS = ["clearly", "in part", "with care", "but no more", "as asked", "well enough"] as const;

/** A sentence such as an answer in free text begins with. */
export function sentence(random: SeededRandom): string {
  return `${random.pick(SUBJECTS)} ${random.pick(VERBS)} ${random.pick(OBJECTS)} ${random.pick(ENDINGS)}.`;
}

/** A text of between so many and so many ASCII characters. */
export function wordsOfLength(random: SeededRandom, minLength: number, maxLength: number): string {
  let text: string = random.pick(WORDS);
  while (text.length < minLength) text += ` ${random.pick(WORDS)}`;
  return text.length > maxLength ? text.slice(0, maxLength) : text;
}
