import { expect, test } from "vitest";
import { formatGarbage, type GarbageReport } from "../../src/report/garbage.ts";

const NONE = { count: 0, bytes: 0 };
const NOTHING: GarbageReport = {
  state_dir: "/state",
  exists: true,
  dry_run: false,
  settled_before: null,
  files: { spools: NONE, request_files: NONE, partial_downloads: NONE, result_files: NONE },
  rows: { answers: 0, failures: 0, unanswered: 0, chunks: 0, runs: 0 },
  remote: null,
  left_at_providers: {},
  database_bytes: { before: 4096, after: 4096 },
  held_back_by: null,
};

test("where there is nothing to delete, that is said", () => {
  expect(formatGarbage(NOTHING)).toBe("There is nothing to delete.\n");
  expect(formatGarbage({ ...NOTHING, exists: false })).toBe("There is no ledger in /state; nothing to delete.\n");
});

test("what was deleted is told by kind, and what answers mean", () => {
  const report: GarbageReport = {
    ...NOTHING,
    files: { ...NOTHING.files, spools: { count: 2, bytes: 64_000_000 } },
    rows: { ...NOTHING.rows, answers: 1200, runs: 3 },
    remote: { deleted: 4, failed: 1 },
    database_bytes: { before: 5_000_000, after: 1_000_000 },
  };
  expect(formatGarbage(report).split("\n")).toEqual([
    "Deleted:",
    "      2  spools of rows, of runs that are over         64.0 MB",
    "  1,200  answers, which would be asked and paid again",
    "      3  records of runs",
    "      4  chunks' files at the provider",
    "      1  database made smaller                          4.0 MB",
    "The files of 1 chunk could not be deleted at the provider.",
    "",
  ]);
  expect(formatGarbage({ ...report, dry_run: true })).toMatch(/^Would delete:\n/);
});

test("what was held back, and what is left at providers, is told", () => {
  const held = { ...NOTHING, held_back_by: { run: 7, pid: 42 }, left_at_providers: { openai: 1, "groq@12": 2 } };
  expect(formatGarbage(held)).toContain("run 7 is at work (process 42)");
  expect(formatGarbage(held)).toContain(
    "Files of 3 chunks may still lie at openai, groq@12; gc --remote deletes them.",
  );
});
