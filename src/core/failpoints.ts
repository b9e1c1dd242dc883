/**
 * Every step whose order with its neighbours matters after a crash, in the order of a row's way. Tests stop the
 * process before and after each (see test/crash), and a step that is not on this list does not compile.
 */
export const DURABLE_STEPS = [
  // The run is in the ledger.
  "run.open",
  // Requests are this run's to ask.
  "requests.claim",
  // Rows that wait are on disk.
  "spool.write",
  // A chunk's file is whole and fsynced.
  "chunk-file.sync",
  // The chunk and its requests are recorded.
  "chunk.sealed",
  "chunk.uploading",
  "call.upload",
  "chunk.uploaded",
  "chunk.creating",
  "call.create",
  "chunk.submitted",
  "chunk.ended",
  "call.download",
  // A result file is whole, fsynced, and has its name.
  "result-file.rename",
  "chunk.fetched",
  "result-file.add",
  "requests.record",
  "chunk.settled",
  "chunk-file.remove",
  // What a chunk cost is in the file of usage events.
  "usage.write",
  "usage.told",
  // The provider's copies of a settled chunk's files.
  "call.delete",
  "chunk.cleaned",
  "output.write",
  "output.sync",
  "output.rename",
  "run.close",
] as const;

/** The steps that a request takes instead when it is answered live. */
export const LIVE_STEPS = ["chunk.asking", "call.ask", "reply.write"] as const;

export type DurableStep = (typeof DURABLE_STEPS)[number] | (typeof LIVE_STEPS)[number];

/** A place in the code where a test can stop the process. */
export type Failpoint = `${DurableStep}.${"before" | "after"}`;

let strike: ((name: Failpoint) => void) | undefined;

/** Says what happens at failpoints from now on; undefined for nothing, which is how every process begins. */
export function armFailpoints(action: ((name: Failpoint) => void) | undefined): void {
  strike = action;
}

/** Runs a step between its two failpoints. */
export function durableStep<T>(step: DurableStep, work: () => T): T {
  strike?.(`${step}.before`);
  const result = work();
  strike?.(`${step}.after`);
  return result;
}

/** As {@link durableStep}, for a step that takes its time. */
export async function durableStepAsync<T>(step: DurableStep, work: () => Promise<T>): Promise<T> {
  strike?.(`${step}.before`);
  const result = await work();
  strike?.(`${step}.after`);
  return result;
}
