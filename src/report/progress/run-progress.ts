import type { BatchNews } from "../../core/batch-board.ts";
import type { Counters } from "../../core/counters.ts";
import { costAtEnd } from "./cost-at-end.ts";
import type { BatchView, ProgressView } from "./view.ts";

/** When a run was begun, and when it is looked at, in milliseconds since the Unix epoch. */
export interface Times {
  readonly startedAt: number;
  readonly now: number;
}

/** How far a run is, by its counters. */
export function runProgress(counters: Counters, { startedAt, now }: Times): ProgressView {
  const { rowsRead, tokensBilled, tokensEstimated } = counters;
  const billed = tokensBilled.input + tokensBilled.output;
  const read = shareRead(counters);
  const expected = read === undefined ? undefined : Math.round(rowsRead / read);
  const requests = expected === undefined ? undefined : expected * counters.requestsPerRow;
  const share = requests === undefined ? undefined : counters.stage("chunk").rows.in / Math.max(1, requests);
  const elapsedMs = now - startedAt;
  return {
    rowsRead,
    ...optional("rowsExpected", expected),
    asked: counters.rowsAsked + counters.requestsAskedAgain,
    answered: counters.rowsAnswered,
    failed: counters.rowsFailedTotal,
    tokens: billed === 0 ? tokensEstimated : billed,
    ...costs(counters, share),
    ...optional("remainingMs", remaining(counters, share, elapsedMs)),
    elapsedMs,
    batches: batchViews(counters, now),
  };
}

/** How much of the input has been read, as far as that is known. */
function shareRead({ isReadingOver, bytesRead, bytesToRead }: Counters): number | undefined {
  if (isReadingOver) return 1;
  // A compressed input brings more bytes than its file has.
  if (bytesToRead === undefined || bytesRead === 0 || bytesRead > bytesToRead) return undefined;
  return bytesRead / bytesToRead;
}

/**
 * Billed so far; and at the end, what is under way at its estimate, corrected by how estimates have turned out.
 *
 * @param share Of the rows there will be, those that have been put to the provider or found in the ledger.
 */
function costs(counters: Counters, share: number | undefined): Pick<ProgressView, "cost" | "costExpected"> {
  const { run, costBilled, costEstimated, costEstimatedOfSettled, repliesUnpriced } = counters;
  if (run?.isPriced !== true || repliesUnpriced > 0) return {};
  if (share === undefined || share === 0) return { cost: costBilled };
  const estimatedOfOpen = costEstimated - costEstimatedOfSettled;
  const atEnd = costAtEnd({ billed: costBilled, estimatedOfSettled: costEstimatedOfSettled, estimatedOfOpen });
  return { cost: costBilled, costExpected: BigInt(Math.round(atEnd / share)) };
}

/** At the pace so far. */
function remaining(counters: Counters, share: number | undefined, elapsedMs: number): number | undefined {
  const asked = Math.max(counters.rowsAsked + counters.requestsAskedAgain, counters.stage("chunk").rows.out);
  const done = counters.batches.requestsDone;
  if (share === undefined || share === 0 || done === 0) return undefined;
  const toCome = asked / share - done;
  return toCome < 1 ? undefined : (elapsedMs * toCome) / done;
}

function batchViews({ batches }: Counters, now: number): readonly BatchView[] {
  const ended = batches.lastEnded.toReversed();
  return [...batches.atWork, ...ended].map((batch) => batchView(batch, now));
}

function batchView({ name, batchId, status, requests, completed, failed, tokens, ...times }: BatchNews, now: number) {
  const ageMs = (times.endedAt ?? now) - times.submittedAt;
  return { id: batchId ?? name, status, requests, done: completed, failed, tokens, ageMs };
}

function optional<Name extends string>(name: Name, value: number | undefined): { [key in Name]?: number } {
  return value === undefined ? {} : ({ [name]: value } as { [key in Name]: number });
}
