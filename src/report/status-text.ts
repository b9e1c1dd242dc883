import { alignColumns, formatBytes, formatCount, formatDuration, formatQuantity, printable } from "./plain-text.ts";
import type { ChunkStatus, RunStatus, StatusReport } from "./status.ts";

/** The status of a ledger as lines for people. @param now Milliseconds since the epoch. */
export function formatStatus({ state_dir: directory, ledger, runs }: StatusReport, now: number): string {
  if (!ledger.exists) return `There is no ledger in ${directory}: nothing has been run yet.\n`;
  const { total, database, request_files: requests, result_files: results, spools } = ledger.bytes;
  const parts = [
    `${formatBytes(database)} database`,
    `${formatBytes(results)} results`,
    `${formatBytes(requests + spools)} at work`,
  ];
  const summary = [
    `${formatQuantity(ledger.answers, "answer")} in ${directory}`,
    `${formatBytes(total)} on disk: ${parts.join(", ")}`,
  ];
  const none = ["No run is unfinished, and none was at work in the last 7 days; --all shows all."];
  const blocks = [...(runs.length === 0 ? [none] : []), ...runs.map((run) => runLines(run, now)), summary];
  return blocks.map((lines) => lines.map((line) => `${line}\n`).join("")).join("\n");
}

const INDENT = "  ";

function runLines(run: RunStatus, now: number): readonly string[] {
  const { chunk_states: states, chunks, batches } = run;
  const counted = Object.entries(states).filter(([, count]) => count > 0);
  const table = chunks ?? batches;
  return [
    `Run ${run.run}  ${printable(run.label)}`,
    `${INDENT}${stateOf(run)}; ${timesOf(run, now)}`,
    `${INDENT}requests  ${requestsOf(run.requests)}`,
    `${INDENT}chunks    ${counted.map(([state, count]) => `${formatCount(count)} ${state}`).join(", ") || "none"}`,
    ...(table.length === 0 ? [] : chunkTable(table, now)),
  ];
}

function stateOf({ state, pid, host, exit_status: status }: RunStatus): string {
  switch (state) {
    case "running":
      return `running, process ${pid}${host === null ? "" : ` on ${printable(host)}`}`;
    case "unfinished":
      return `unfinished${status === null ? "" : ` (exit ${status})`}: run the same command again to go on`;
    case "finished":
      return `finished${status === null ? "" : `, exit ${status}`}`;
    case "cancelled":
      return "cancelled";
  }
}

function timesOf({ started_at: start, ended_at: end, seen_at: seen, state }: RunStatus, now: number): string {
  const started = `started ${ago(start, now)}`;
  if (state === "running") return started;
  return end === null ? `${started}, killed, last heard of ${ago(seen, now)}` : `${started}, ended ${ago(end, now)}`;
}

function requestsOf(requests: RunStatus["requests"]): string {
  const codes = Object.entries(requests.failed_by_code).map(([code, count]) => `${formatCount(count)} ${code}`);
  const parts = [
    [requests.answered, "answered"],
    [requests.failed, `failed (${codes.join(", ")})`],
    [requests.in_flight, "in flight"],
    [requests.collected, "collected, to be filed by the next run"],
    [requests.to_be_asked_again, "to be asked again"],
    [requests.claimed, "on their way into a chunk"],
  ] as const;
  const shown = parts.filter(([count]) => count > 0).map(([count, what]) => `${formatCount(count)} ${what}`);
  return shown.join(", ") || "none of its own";
}

function chunkTable(chunks: readonly ChunkStatus[], now: number): readonly string[] {
  const rows = chunks.map((chunk) => [
    chunk.batch_id ?? chunk.chunk,
    chunk.state === "submitted" ? (chunk.batch_status ?? chunk.state) : chunk.state,
    progressOf(chunk),
    formatCount(chunk.tokens),
    formatDuration(now - Date.parse(chunk.submitted_at ?? chunk.sealed_at)),
  ]);
  const head = ["batch", "status", "done", "tokens", "age"];
  return alignColumns([head, ...rows.map((row) => row.map(printable))], { alignment: "llrrr", indent: INDENT });
}

/** What is filed counts; before that, what the provider says. */
function progressOf(chunk: ChunkStatus): string {
  const isSettled = chunk.state === "settled";
  const { requests } = chunk;
  const [completed, failed] = isSettled ? [chunk.answers, chunk.failures] : [chunk.completed, chunk.failed];
  const done = failed === 0 ? formatCount(completed) : `${formatCount(completed)} + ${formatCount(failed)} failed`;
  return `${done} of ${formatCount(requests)}`;
}

function ago(time: string, now: number): string {
  return `${formatDuration(now - Date.parse(time))} ago`;
}
