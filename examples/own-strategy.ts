/**
 * A strategy of one's own answers the requests, in the place of a provider: here a function of this file, elsewhere a
 * model on this machine. Ledger, limits and retries are as for any live run, so the second run asks nothing.
 *
 *     node examples/own-strategy.ts fixtures/answers.jsonl out.jsonl
 */
import { grade, type Middleware, ProviderError, pipeline, readRows, type Strategy, writeRows } from "bg-pipe";

const [input = "fixtures/answers.jsonl", output = "out.jsonl"] = process.argv.slice(2);

const countWords: Strategy = {
  async execute({ bodyText, number }) {
    // Whoever throws this is asked again; the second attempt has the number 2.
    if (number === 1 && bodyText.includes("tides")) throw new ProviderError("unavailable", "not now");
    const { messages } = JSON.parse(bodyText);
    return { text: `${messages.at(-1).content.split(" ").length} words`, usage: { input: 1, output: 1 } };
  },
};

let calls = 0;
const countCalls: Middleware = (next) => (attempt) => {
  calls++;
  return next(attempt);
};

const { asked } = await pipeline(
  readRows(input),
  grade({
    model: "gpt-4.1-mini",
    user: "{{ text }}",
    mode: "live",
    concurrency: 4,
    strategy: countWords,
    middleware: [countCalls],
  }),
  writeRows(output),
);

process.stderr.write(`${calls} calls, ${asked[0]?.requests.reused} answers from the ledger\n`);
