/** What compiles, and what must not. Checked by `tsc`, never run. */
import { pipeline as nodePipeline } from "node:stream/promises";
import {
  type Answered,
  asStream,
  buildRequests,
  type CountedRequest,
  chunkRequests,
  compose,
  countTokens,
  type FlowStage,
  filter,
  grade,
  map,
  mergeResults,
  pipeline,
  readRows,
  submitBatches,
  writeRows,
} from "bg-pipe";
import { chain } from "stream-chain";

interface Essay {
  readonly id: number;
  readonly text: string;
}

const essays = readRows<Essay>("essays.jsonl");
const model = "gpt-4.1-mini";

export const rightJoins = [
  pipeline(essays, writeRows("out.jsonl")),
  pipeline(
    essays,
    map((row) => ({ ...row, words: row.text.split(" ").length })),
    filter((row) => row.words > 1),
    map(async (row) => [row, { ...row, id: row.id + 1 }]),
    map((row) => (row.words > 2 ? row : null)),
    writeRows("out.jsonl"),
    { signal: AbortSignal.timeout(1) },
  ),
  pipeline(
    essays,
    buildRequests({ model }),
    countTokens(),
    filter((request) => request.tokens < 1000 && request.row.id > 0),
    chunkRequests({ chunkRows: 10 }),
    filter((request) => request.chunk < 3),
    submitBatches({ provider: "emulator" }),
    mergeResults({ outputField: "label" }),
    map((row) => ({ id: row.id, label: row.label, error: row.label_error?.code })),
    writeRows("out.jsonl"),
  ),
  pipeline(
    essays,
    grade({ model }),
    map((row) => ({ text: row.text, grade: row.grade })),
    async (rows) => {
      let length = 0;
      for await (const row of rows) length += row.text.length;
      return length;
    },
  ) satisfies Promise<number>,
  pipeline(
    [{ a: 1 }],
    async function* (rows) {
      for await (const row of rows) yield { b: row.a };
    },
    writeRows("out.jsonl"),
  ),
];

export const graded: FlowStage<Essay, Answered<Essay>> = grade({ model });
export const counted: FlowStage<Essay, CountedRequest<Essay>> = compose(buildRequests<Essay>({ model }), countTokens());
export const streams = [
  nodePipeline(
    essays,
    map((row: Essay) => ({ id: row.id })),
    writeRows("out.jsonl"),
  ),
  chain([asStream(map((row: Essay) => ({ id: row.id }))), (row: { id: number }) => row.id]),
];

const toIds = map((row: Essay) => ({ id: row.id }));
const toTexts = map((row: Essay) => row.text);
const write = writeRows("out.jsonl");
const hasText = (row: Essay) => row.text !== "";
const label = grade<Essay, "label">({ model, outputField: "label" });
const gradeOf = (row: Answered<Essay>) => ({ grade: row.grade });

export function wrongJoins(): unknown {
  // @ts-expect-error: the row has no such field
  const readsNoField = map((row: Essay) => row.txt);
  // @ts-expect-error: a row that is read on has the fields that it had
  const misread = pipeline(essays, compose(toIds, filter(hasText)), write);
  // @ts-expect-error: after the first map there is no text
  const gone = pipeline(essays, toIds, filter(hasText), write);
  // @ts-expect-error: rows are no requests
  const noRequests = pipeline(essays, countTokens(), write);
  // @ts-expect-error: requests go into chunks by their tokens, which need to be counted
  const uncounted = pipeline(essays, buildRequests({ model }), chunkRequests(), write);
  // @ts-expect-error: what is merged are results, not requests
  const unasked = pipeline(essays, buildRequests({ model }), mergeResults(), write);
  // @ts-expect-error: the answer is in another field
  const otherField = pipeline(essays, label, map(gradeOf), write);
  // @ts-expect-error: rows are objects
  const noObjects = pipeline(essays, toTexts, write);
  // @ts-expect-error: there is no end
  const noEnd = pipeline(essays, toIds);
  // @ts-expect-error: the second stage takes other rows than the first gives
  const noFit = compose(toIds, toTexts);
  // @ts-expect-error: a model is asked by its name
  const noModel = grade({ provider: "emulator" });
  // @ts-expect-error: what the Node stream of the first gives, the second does not take
  const nodeMisfit = nodePipeline(essays, toIds, toTexts, write);
  return [
    readsNoField,
    misread,
    gone,
    noRequests,
    uncounted,
    unasked,
    otherField,
    noObjects,
    noEnd,
    noFit,
    noModel,
    nodeMisfit,
  ];
}
