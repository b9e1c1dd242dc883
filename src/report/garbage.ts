import { alignColumns, formatBytes, formatCount, formatQuantity } from "./plain-text.ts";

/** What `gc` has deleted, or would, as `--json` has it. */
export interface GarbageReport {
  readonly state_dir: string;
  /** False when there is no ledger, and so nothing to delete. */
  readonly exists: boolean;
  readonly dry_run: boolean;
  /** What was settled before this time was pruned; null when nothing was to be. ISO 8601. */
  readonly settled_before: string | null;
  readonly files: Readonly<Record<FileKind, FileCount>>;
  readonly rows: Readonly<Record<RowKind, number>>;
  /** Chunks whose files at the provider were deleted, and could not be; null without `--remote`. */
  readonly remote: { readonly deleted: number; readonly failed: number } | null;
  /** Chunks whose files may still lie at a provider, by the provider's identity. */
  readonly left_at_providers: Readonly<Record<string, number>>;
  readonly database_bytes: { readonly before: number; readonly after: number };
  /** The run at work because of which answers and their files were left alone. */
  readonly held_back_by: { readonly run: number; readonly pid: number } | null;
}

export type FileKind = "spools" | "request_files" | "partial_downloads" | "result_files";
export type RowKind = "answers" | "failures" | "unanswered" | "chunks" | "runs";

export interface FileCount {
  readonly count: number;
  readonly bytes: number;
}

/** The report as lines for people. */
export function formatGarbage(report: GarbageReport): string {
  if (!report.exists) return `There is no ledger in ${report.state_dir}; nothing to delete.\n`;
  const lines = [...deletedLines(report), ...warningLines(report)];
  return lines.map((line) => `${line}\n`).join("");
}

const FILE_NAMES: Readonly<Record<FileKind, string>> = {
  spools: "spools of rows, of runs that are over",
  request_files: "request files that nothing waits for",
  partial_downloads: "downloads that were broken off",
  result_files: "result files without answers",
};
const ROW_NAMES: Readonly<Record<RowKind, string>> = {
  answers: "answers, which would be asked and paid again",
  failures: "failures, which would be asked again",
  unanswered: "requests that were never answered",
  chunks: "records of chunks",
  runs: "records of runs",
};

function deletedLines({ dry_run: isDryRun, files, rows, remote, database_bytes: size }: GarbageReport) {
  const found = [
    ...entriesOf(FILE_NAMES).map(([kind, name]) => [files[kind].count, name, formatBytes(files[kind].bytes)] as const),
    ...entriesOf(ROW_NAMES).map(([kind, name]) => [rows[kind], name, ""] as const),
    [remote?.deleted ?? 0, "chunks' files at the provider", ""] as const,
    [size.before > size.after ? 1 : 0, "database made smaller", formatBytes(size.before - size.after)] as const,
  ].filter(([count]) => count > 0);
  if (found.length === 0) return ["There is nothing to delete."];
  const table = found.map(([count, name, bytes]) => [formatCount(count), name, bytes]);
  return [isDryRun ? "Would delete:" : "Deleted:", ...alignColumns(table, { alignment: "rlr", indent: "  " })];
}

function warningLines({ held_back_by: holder, remote, left_at_providers: left }: GarbageReport): readonly string[] {
  const chunks = Object.values(left).reduce((sum, count) => sum + count, 0);
  return [
    ...(holder === null
      ? []
      : [
          `Answers and their files were left alone: run ${holder.run} is at work (process ${holder.pid}). Run gc again when it is over.`,
        ]),
    ...(remote !== null && remote.failed > 0
      ? [`The files of ${formatQuantity(remote.failed, "chunk")} could not be deleted at the provider.`]
      : []),
    ...(chunks === 0 ? [] : [leftLine(left, chunks)]),
  ];
}

function leftLine(left: GarbageReport["left_at_providers"], chunks: number): string {
  const names = Object.keys(left).join(", ");
  return `Files of ${formatQuantity(chunks, "chunk")} may still lie at ${names}; gc --remote deletes them.`;
}

function entriesOf<Key extends string>(names: Readonly<Record<Key, string>>): readonly (readonly [Key, string])[] {
  return Object.entries(names) as [Key, string][];
}
