import { SeededRandom } from "./random.ts";

/** Made-up log probabilities of an answer's words, in the shape of the API's for tokens. */
export function logprobsOf(text: string, seed: string) {
  const random = new SeededRandom(`${seed}\nlogprobs`);
  return Array.from(text.matchAll(/\s*\S+/g), ([token]) => {
    const entry = { token, logprob: -Math.round(random.next() * 1000) / 1000, bytes: [...Buffer.from(token)] };
    return { ...entry, top_logprobs: [entry] };
  });
}
