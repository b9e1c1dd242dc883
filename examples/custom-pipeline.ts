/**
 * A pipeline of one's own: rows of a file, a function, a filter, a model's answer to each, and a file.
 *
 *     node examples/custom-pipeline.ts fixtures/answers.jsonl out.jsonl
 */
import { filter, grade, map, pipeline, readRows, writeRows } from "bg-pipe";

interface Answer {
  readonly question: string;
  readonly response: string;
}

const [input = "fixtures/answers.jsonl", output = "out.jsonl"] = process.argv.slice(2);

const report = await pipeline(
  readRows<Answer>(input),
  filter((row) => row.response !== ""),
  map((row) => ({ ...row, words: row.response.split(" ").length })),
  grade({ provider: "emulator", model: "gpt-4.1-mini", prompt: "grade" }),
  writeRows(output),
);

process.stderr.write(`${report.rows.written} rows written, ${report.rows.failed} failed\n`);
