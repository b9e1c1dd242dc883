/**
 * What `grade` does, in its parts: requests can be looked at, left out and changed before they are asked, and results
 * before they are put to their rows.
 *
 *     node examples/in-parts.ts fixtures/answers.jsonl out.csv
 */
import {
  buildRequests,
  chunkRequests,
  countTokens,
  filter,
  map,
  mergeResults,
  pipeline,
  readRows,
  submitBatches,
  writeRows,
} from "bg-pipe";

const [input = "fixtures/answers.jsonl", output = "out.csv"] = process.argv.slice(2);

await pipeline(
  readRows<{ question: string; response: string }>(input),
  buildRequests({ model: "gpt-4.1-mini", system: "Answer in one word.", user: "{{ row.question }}" }),
  countTokens(),
  filter((request) => request.tokens < 2000),
  map((request) => ({ ...request, body: { ...request.body, seed: 7 } })),
  chunkRequests({ chunkRows: 5 }),
  submitBatches({ provider: "emulator", maxCost: 5 }),
  map((result) => ({ ...result, answer: String(result.answer).toLowerCase() })),
  mergeResults({ outputField: "word", meta: true }),
  writeRows(output),
);
