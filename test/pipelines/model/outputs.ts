import { existsSync, readFileSync } from "node:fs";
import { isWorthRetrying } from "../../../src/core/failures.ts";
import { FAILURE_CODES, type FailureCode } from "../../../src/core/records.ts";
import type { Execution } from "./execution.ts";
import { expectedOf, type Question, rowText, takesTwoTries } from "./questions.ts";

/** What an output row says. */
interface Said {
  readonly grade: string | null;
  readonly code?: FailureCode;
  readonly message?: string;
  readonly raw?: string;
}

/** A row that a later run may get an answer for, and how often it was asked by its own account. */
export interface PassingFailure {
  readonly question: Question;
  readonly code: FailureCode;
  readonly tries: number;
}

/** What is wrong with an output, and which rows of it failed in passing. */
export interface Findings {
  readonly complaints: readonly string[];
  readonly passingFailures: readonly PassingFailure[];
}

/** Checks all that a finished execution has written against what it has read. */
export function checkOutput(execution: Execution): Findings {
  const { rows, settings, end } = execution;
  const lines = linesOf(execution);
  const complaints: string[] = [];
  if (lines.length !== rows.length) complaints.push(`${lines.length} rows came out of ${rows.length}`);
  const order = settings.order === "input" ? rows.map((_, index) => index) : lines.map(indexOf);
  if (new Set(order).size !== rows.length) complaints.push("rows came out more than once, or not at all");
  const findings = order.map((row, index) => checkLine(lines[index] ?? "", row, rows[row]));
  for (const { complaint } of findings) if (complaint !== undefined) complaints.push(complaint);
  const failures = findings.flatMap(({ failure }) => (failure === undefined ? [] : [failure]));
  if ((end?.exitStatus === 0) === failures.length > 0) complaints.push(`the exit status is ${end?.exitStatus}`);
  return {
    complaints: complaints.map((text) => `${execution.label}: ${text}`),
    passingFailures: failures.filter(({ code }) => isWorthRetrying(code)),
  };
}

/** Checks what was written to stdout before an execution ended early: the first rows, and no others. */
export function checkPartialOutput({ stdout, rows, label }: Execution): readonly string[] {
  const lines = split(stdout);
  const findings = lines.map((line, index) => checkLine(line, index, rows[index]));
  return findings.flatMap(({ complaint }) => (complaint === undefined ? [] : [`${label}: ${complaint}`]));
}

/** All lines that an execution has written, the failed ones last if they go to a file of their own. */
function linesOf({ settings: { output, errors }, stdout }: Execution): readonly string[] {
  const texts =
    output === undefined ? [stdout] : [output, errors].map((path) => (path === undefined ? "" : read(path)));
  return texts.flatMap(split);
}

interface Finding {
  readonly complaint?: string;
  readonly failure?: PassingFailure;
}

function checkLine(line: string, index: number, question: Question | undefined): Finding {
  const said = question === undefined ? undefined : readLine(line, rowText(question, index), question);
  if (question === undefined || said === undefined) return { complaint: `no row is to be like ${line}` };
  const { code, message } = said;
  const complaint = isRight(said, question) ? {} : { complaint: `row ${index} (${question}) came out as ${line}` };
  const tries = Number(/asked (\d+) times/.exec(message ?? "")?.[1] ?? 1);
  return { ...complaint, ...(code === undefined ? {} : { failure: { question, code, tries } }) };
}

function isRight({ grade, code }: Said, question: Question): boolean {
  const expected = expectedOf(question);
  if ("grade" in expected && expected.grade === grade) return code === undefined;
  if (grade !== null || code === undefined || !FAILURE_CODES.includes(code)) return false;
  if ("code" in expected && code === expected.code) return true;
  if (code === "cut_off" && takesTwoTries(question)) return true;
  return isWorthRetrying(code) && question !== "bad" && question !== "missing";
}

/** Reads an output row that is to begin as the input row does. */
function readLine(line: string, row: string, question: Question): Said | undefined {
  const start = question === "bad" ? "{" : `${row.slice(0, -1)},`;
  if (!line.startsWith(start)) return undefined;
  const { grade, grade_error: error, ...more } = JSON.parse(`{${line.slice(start.length)}`);
  if (Object.keys(more).length > 0 || (question === "bad" && error?.raw !== row)) return undefined;
  return { grade, ...error };
}

/** The row that a line is about. */
function indexOf(line: string): number {
  return Number(/"n\\?": (\d+)/.exec(line)?.[1] ?? -1);
}

function read(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

function split(text: string): readonly string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}
