import type { CountedRun, Counters, StageName } from "../core/counters.ts";

/** A value with its labels. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** One metric: what it is called, and where its values are. */
export type MetricDefinition = ValueDefinition | HistogramDefinition;

interface Named {
  readonly name: `bgpipe_${string}`;
  /** A sentence without its full stop. */
  readonly help: string;
}

export interface ValueDefinition extends Named {
  readonly type: "counter" | "gauge";
  readonly labels: readonly string[];
  /** What it is now; nothing while it is not known. */
  readonly read: (counters: Counters) => readonly Sample[];
}

export interface HistogramDefinition extends Named {
  readonly type: "histogram";
  /** The buckets' upper bounds, rising. */
  readonly bounds: readonly number[];
  /** All values so far, the newest last. */
  readonly read: (counters: Counters) => readonly number[];
}

const DIRECTIONS = ["in", "out"] as const;
/** The stages that wait for others. */
const WAITING: ReadonlySet<StageName> = new Set(["read", "chunk", "admit", "write"]);
const PICO = 1e12;
/** Seconds: from an emulator's batch to the window of a day. */
const DURATION_BOUNDS = [1, 10, 60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400];

/** What `bgpipe_build_info` says. */
export interface BuildInfo {
  readonly version: string;
  /** Node's version. */
  readonly node: string;
}

/** Every metric, in the order of the exposition. None has a row, a file or a batch's id as a label. */
export function metricDefinitions(build: BuildInfo): readonly MetricDefinition[] {
  return [...rowMetrics, ...usageMetrics, ...batchMetrics, ...callMetrics, ...aboutMetrics(build)];
}

const rowMetrics: readonly MetricDefinition[] = [
  {
    name: "bgpipe_stage_rows_total",
    help: "Rows, or requests of rows, that went into and came out of a stage",
    type: "counter",
    labels: ["stage", "direction"],
    read: ({ stages }) => directed(stages.map(([stage, { rows }]) => [stage, rows])),
  },
  {
    name: "bgpipe_stage_bytes_total",
    help: "Bytes that went into and came out of a stage, where it handles bytes",
    type: "counter",
    labels: ["stage", "direction"],
    read: ({ stages }) =>
      directed(stages.map(([stage, { bytes }]) => [stage, bytes] as const)).filter(([, value]) => value > 0),
  },
  {
    name: "bgpipe_backpressure_seconds_total",
    help: "Seconds in which a stage had something ready, and what comes after it took nothing",
    type: "counter",
    labels: ["stage"],
    read: ({ stages }) =>
      stages.filter(([stage]) => WAITING.has(stage)).map(([stage, { blocked }]) => [{ stage }, blocked.seconds]),
  },
  {
    name: "bgpipe_rows_finished_total",
    help: "Rows that have come out: answered in this run, reused from the ledger, or failed",
    type: "counter",
    labels: ["outcome"],
    read: ({ rowsAnswered, rowsAnsweredBefore, rowsFailedTotal }) => [
      [{ outcome: "answered" }, rowsAnswered - rowsAnsweredBefore],
      [{ outcome: "reused" }, rowsAnsweredBefore],
      [{ outcome: "failed" }, rowsFailedTotal],
    ],
  },
  {
    name: "bgpipe_rows_failed_total",
    help: "Rows that have come out without an answer, by failure code",
    type: "counter",
    labels: ["code"],
    read: ({ rowsFailed }) => [...rowsFailed].map(([code, count]) => [{ code }, count]),
  },
  {
    name: "bgpipe_rows_in_flight",
    help: "Rows that have been read and have not come out",
    type: "gauge",
    labels: [],
    read: ({ rowsRead, rowsWritten, rowsSkipped }) => [[{}, rowsRead - rowsWritten - rowsSkipped]],
  },
];

const usageMetrics: readonly MetricDefinition[] = [
  {
    name: "bgpipe_tokens_total",
    help: "Tokens by model; cached is part of input, reasoning of output",
    type: "counter",
    labels: ["model", "direction", "source"],
    read: (counters) => ofRun(counters, ({ model }) => tokens(counters, model)),
  },
  {
    name: "bgpipe_cost_usd_total",
    help: "US dollars by model, for requests asked (estimated) and replies collected (billed); absent where unknown",
    type: "counter",
    labels: ["model", "source"],
    read: (counters) => ofRun(counters, (run) => costs(counters, run)),
  },
  {
    name: "bgpipe_replies_unpriced_total",
    help: "Replies whose cost is not known",
    type: "counter",
    labels: ["model"],
    read: (counters) => ofRun(counters, ({ model }) => [[{ model }, counters.repliesUnpriced]]),
  },
  {
    name: "bgpipe_retries_total",
    help: "Requests asked again, by what came of the try before",
    type: "counter",
    labels: ["reason"],
    read: ({ retries }) => retries.entries(),
  },
];

const batchMetrics: readonly MetricDefinition[] = [
  {
    name: "bgpipe_batches",
    help: "Batches at the provider now, by the status it last gave",
    type: "gauge",
    labels: ["status"],
    read: ({ batches }) => {
      const byStatus = Map.groupBy(batches.atWork, ({ status }) => status);
      return [...byStatus].map(([status, some]) => [{ status }, some.length]);
    },
  },
  {
    name: "bgpipe_batches_total",
    help: "Batches submitted, and batches ended by the status they ended with",
    type: "counter",
    labels: ["status"],
    read: ({ batches }) => [...batches.reached].map(([status, count]) => [{ status }, count]),
  },
  {
    name: "bgpipe_batch_duration_seconds",
    help: "Time from a batch's creation until its end was seen",
    type: "histogram",
    bounds: DURATION_BOUNDS,
    read: ({ batches }) => batches.durations,
  },
];

const callMetrics: readonly MetricDefinition[] = [
  {
    name: "bgpipe_api_requests_total",
    help: "Calls to the provider's API by operation and HTTP status, or no_answer",
    type: "counter",
    labels: ["operation", "code"],
    read: ({ apiCalls }) => apiCalls.entries(),
  },
];

function aboutMetrics({ version, node }: BuildInfo): readonly MetricDefinition[] {
  return [
    {
      name: "bgpipe_last_success_timestamp_seconds",
      help: "When a run of the pipeline last ended with exit status 0",
      type: "gauge",
      labels: ["pipeline"],
      read: ({ run, lastSuccessAt }) =>
        lastSuccessAt === undefined ? [] : [[{ pipeline: run?.pipeline ?? "grade" }, lastSuccessAt / 1000]],
    },
    {
      name: "bgpipe_build_info",
      help: "Always 1; the labels say what is running",
      type: "gauge",
      labels: ["version", "node"],
      read: () => [[{ version, node }, 1]],
    },
  ];
}

function directed(flows: readonly (readonly [string, { readonly in: number; readonly out: number }])[]): Sample[] {
  return flows.flatMap(([stage, flow]) =>
    DIRECTIONS.map((direction): Sample => [{ stage, direction }, flow[direction]]),
  );
}

/** Labels that name the model are known once the run has begun. */
function ofRun({ run }: Counters, read: (run: CountedRun) => readonly Sample[]): readonly Sample[] {
  return run === undefined ? [] : read(run);
}

function tokens({ tokensEstimated, tokensBilled }: Counters, model: string): readonly Sample[] {
  const billed = Object.entries(tokensBilled).map(
    ([direction, count]): Sample => [{ model, direction, source: "billed" }, count],
  );
  return [[{ model, direction: "input", source: "estimated" }, tokensEstimated], ...billed];
}

/** As in the summary: what is not known is absent, not 0. */
function costs(counters: Counters, { model, isPriced }: CountedRun): readonly Sample[] {
  if (!isPriced) return [];
  const { costEstimated, costBilled, repliesUnpriced } = counters;
  const estimated: Sample = [{ model, source: "estimated" }, Number(costEstimated) / PICO];
  if (repliesUnpriced > 0) return [estimated];
  return [estimated, [{ model, source: "billed" }, Number(costBilled) / PICO]];
}
