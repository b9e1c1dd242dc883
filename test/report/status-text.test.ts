import { describe, expect, test } from "vitest";
import type { ChunkStatus, RunStatus, StatusReport } from "../../src/report/status.ts";
import { formatStatus } from "../../src/report/status-text.ts";

const NOW = Date.UTC(2026, 0, 2, 12);
const at = (minutesAgo: number) => new Date(NOW - minutesAgo * 60_000).toISOString();
const NO_REQUESTS = {
  answered: 0,
  failed: 0,
  failed_by_code: {},
  in_flight: 0,
  collected: 0,
  to_be_asked_again: 0,
  claimed: 0,
};

function run(given: Partial<RunStatus>): RunStatus {
  return {
    ...{ run: 12, pipeline: "grade", label: "in.csv → out.csv", state: "finished", pid: null, host: null },
    ...{
      exit_status: 0,
      started_at: at(90),
      ended_at: at(30),
      seen_at: at(30),
      chunk_states: { sealed: 0, settled: 2 },
    },
    ...{ requests: NO_REQUESTS, batches: [] },
    ...given,
  };
}

function chunk(given: Partial<ChunkStatus>): ChunkStatus {
  return {
    ...{ chunk: "r12-x", state: "submitted", provider: "openai", endpoint: "/v1/e", model: "m", batch_id: "batch_1" },
    ...{
      batch_status: "in_progress",
      requests: 5000,
      answers: 0,
      failures: 0,
      completed: 1200,
      failed: 0,
      tokens: 90000,
    },
    ...{ sealed_at: at(70), submitted_at: at(60), changed_at: at(60) },
    ...given,
  };
}

const BYTES = { total: 1_500_000, database: 1_000_000, request_files: 100_000, result_files: 300_000, spools: 100_000 };

function text(...runs: readonly RunStatus[]): string {
  const report: StatusReport = { state_dir: "/state", ledger: { exists: true, answers: 1234, bytes: BYTES }, runs };
  return formatStatus(report, NOW);
}

const stateLine = (given: Partial<RunStatus>) => text(run(given)).split("\n")[1];

test("a run is told with its times, requests and chunks, and below all the ledger", () => {
  const requests = { ...NO_REQUESTS, answered: 9000, failed: 2, failed_by_code: { refused: 2 }, to_be_asked_again: 7 };
  expect(text(run({ requests }))).toBe(
    [
      "Run 12  in.csv → out.csv",
      "  finished, exit 0; started 1 h 30 min ago, ended 30 min ago",
      "  requests  9,000 answered, 2 failed (2 refused), 7 to be asked again",
      "  chunks    2 settled",
      "",
      "1,234 answers in /state",
      "1.5 MB on disk: 1.0 MB database, 300 kB results, 200 kB at work",
      "",
    ].join("\n"),
  );
});

describe("how a run stands", () => {
  test.each<[Partial<RunStatus>, string]>([
    [{ state: "running", pid: 42, ended_at: null }, "  running, process 42; started 1 h 30 min ago"],
    [
      { state: "running", pid: 42, host: "far", ended_at: null },
      "  running, process 42 on far; started 1 h 30 min ago",
    ],
    [
      { state: "unfinished", exit_status: 130 },
      "  unfinished (exit 130): run the same command again to go on; started 1 h 30 min ago, ended 30 min ago",
    ],
    [
      { state: "unfinished", exit_status: null, ended_at: null },
      "  unfinished: run the same command again to go on; started 1 h 30 min ago, killed, last heard of 30 min ago",
    ],
    [{ state: "finished", exit_status: 1 }, "  finished, exit 1; started 1 h 30 min ago, ended 30 min ago"],
    [{ state: "cancelled", exit_status: 75 }, "  cancelled; started 1 h 30 min ago, ended 30 min ago"],
  ])("%j", (given, line) => expect(stateLine(given)).toBe(line));
});

test("batches in flight are told with what the provider says, chunks that are settled with what is filed", () => {
  const batches = [
    chunk({}),
    chunk({ batch_id: null, state: "creating", batch_status: null, completed: 0, failed: 0 }),
  ];
  const settled = chunk({ state: "settled", answers: 4990, failures: 10, completed: 1200 });
  const lines = (given: Partial<RunStatus>) => text(run(given)).split("\n").slice(4, -4);
  expect(lines({ batches })).toEqual([
    "  batch    status                 done  tokens  age",
    "  batch_1  in_progress  1,200 of 5,000  90,000  1 h",
    "  r12-x    creating         0 of 5,000  90,000  1 h",
  ]);
  expect(lines({ batches, chunks: [settled, chunk({ failed: 3 })] })).toEqual([
    "  batch    status                             done  tokens  age",
    "  batch_1  settled      4,990 + 10 failed of 5,000  90,000  1 h",
    "  batch_1  in_progress   1,200 + 3 failed of 5,000  90,000  1 h",
  ]);
});

test("no text from outside gets at the terminal", () => {
  const said = text(run({ label: "a\u001b[2J.csv", batches: [chunk({ batch_id: "batch\u001b[2J" })] }));
  expect(said).not.toContain("\u001b");
  expect(said).toContain("a\\u001b[2J.csv");
});

test("where there is nothing, that is said", () => {
  expect(text()).toMatch(/^No run is unfinished.*--all shows all\.\n\n1,234 answers/);
  const none = { state_dir: "/state", ledger: { exists: false, answers: 0, bytes: BYTES }, runs: [] };
  expect(formatStatus(none, NOW)).toBe("There is no ledger in /state: nothing has been run yet.\n");
});
