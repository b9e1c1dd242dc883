/** How far a run is, as the terminal shows it. What is undefined is not known, or not to be shown. */
export interface ProgressView {
  /** Put before everything else, for who looks at several runs. */
  readonly label?: string;
  readonly rowsRead?: number;
  /** How many there will be, as far as the input's size tells. */
  readonly rowsExpected?: number;
  /** Requests put to the provider, those asked again included. */
  readonly asked: number;
  readonly answered: number;
  readonly failed: number;
  /** Input and output tokens: billed, or as long as nothing is, estimated. */
  readonly tokens: number;
  /** Pico-dollars; undefined when the price is not known. */
  readonly cost?: bigint;
  /** What it will come to at the end. */
  readonly costExpected?: bigint;
  /** Milliseconds until the end. */
  readonly remainingMs?: number;
  readonly elapsedMs: number;
  /** At work first, then the last that ended, newest first. */
  readonly batches: readonly BatchView[];
}

export interface BatchView {
  readonly id: string;
  readonly status: string;
  readonly requests: number;
  readonly done: number;
  readonly failed: number;
  readonly tokens: number;
  readonly ageMs: number;
}
