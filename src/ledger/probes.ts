/** A probe set as one run has asked it. */
export interface ProbeRun {
  readonly runId: number;
  /** What the set is known by: the absolute path of its file. */
  readonly name: string;
  /** Who was asked, for people. */
  readonly asked: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

/** An answer to a row of a probe set. */
export interface ProbeAnswer {
  /** What tells the row from others, and is the same in each run. */
  readonly row: string;
  /** JSON text. */
  readonly answer: string;
}

/** What a row of a probe set was answered by two runs. */
export interface ProbePair {
  readonly before: string;
  readonly now: string;
}

/** The answers to probe sets, by run. */
export interface Probes {
  /** Keeps answers of a run, in the place of those that it has to the same rows. */
  keepProbe(probe: Omit<ProbeRun, "at">, answers: readonly ProbeAnswer[]): void;
  /** The last run before another that has answers to a probe set. */
  lastProbe(name: string, beforeRunId: number): ProbeRun | undefined;
  /** The answers to rows that two runs have both answered, one by one. */
  probePairs(beforeRunId: number, runId: number): Iterable<ProbePair>;
}
