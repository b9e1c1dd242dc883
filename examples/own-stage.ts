/**
 * Stages of one's own. A stage is a function from rows to rows, so an async generator is one, with whatever it
 * remembers; a function of one row goes into `map`, async ones with several calls at a time.
 *
 *     node examples/own-stage.ts fixtures/answers.jsonl out.csv
 */
import { setTimeout } from "node:timers/promises";
import { compose, filter, map, pipeline, readRows, writeRows } from "bg-pipe";

interface Answer {
  readonly id: string;
  readonly question: string;
}

const [input = "fixtures/answers.jsonl", output = "out.csv"] = process.argv.slice(2);

/** Rows that differ in what `key` says; of equal ones the first. */
function distinct<Row>(key: (row: Row) => string) {
  return async function* (rows: AsyncIterable<Row>): AsyncGenerator<Row> {
    const seen = new Set<string>();
    for await (const row of rows) {
      if (seen.has(key(row))) continue;
      seen.add(key(row));
      yield row;
    }
  };
}

/** Looks something up elsewhere; the signal ends it with the pipeline. */
const lookUp = map(
  async (row: Answer, { signal }) => {
    await setTimeout(5, undefined, { signal });
    return { ...row, topic: row.id.split("-")[0] };
  },
  { concurrency: 8 },
);

const prepare = compose(
  lookUp,
  filter((row) => row.topic !== ""),
);

const report = await pipeline(
  readRows<Answer>(input),
  distinct((row) => row.question),
  prepare,
  writeRows(output),
  { signal: AbortSignal.timeout(60_000) },
);

process.stderr.write(`${report.rows.written} of ${report.rows.read} rows\n`);
