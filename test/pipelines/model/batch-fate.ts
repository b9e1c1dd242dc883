import type { BatchError, BatchStatus } from "../../../src/providers/provider.ts";
import { type AskedLine, answerTo, errorTo, untriedLine } from "../../stages/result-lines.ts";
import { askedKey, replyTo } from "./questions.ts";

/** What becomes of one line of a batch. */
export const LINE_FATES = [
  "whole",
  "missing",
  "corrupt",
  "doubled",
  "torn, then whole",
  "server error, then whole",
  "server error",
  "rate limited",
  "no status",
  "untried",
] as const;
export type LineFate = (typeof LINE_FATES)[number];

/** How a batch ends. Those of {@link REFUSALS} are turned away before any of it is looked at. */
export const ENDS = ["completed", "expired", "cancelled", "failed late"] as const;
export const REFUSALS = ["server_error", "no reason", "lost file", "quota", "invalid"] as const;
export type Refusal = (typeof REFUSALS)[number] | "enqueued tokens";

/** What becomes of a batch. */
export interface Fate {
  readonly end: (typeof ENDS)[number] | (typeof REFUSALS)[number];
  /** From its validation to its end. */
  readonly workMs: number;
  /** In turn, for the lines. */
  readonly lines: readonly LineFate[];
  /** Whether the results stand in the order of the requests. */
  readonly isReversed: boolean;
}

export const GOOD_FATE: Fate = { end: "completed", workMs: 60_000, lines: ["whole"], isReversed: false };

/** What a batch leaves behind. */
export interface Results {
  readonly output: readonly string[];
  readonly errors: readonly string[];
  /** Keys of the requests that it says something final of. */
  readonly final: ReadonlySet<string>;
  /** Replies in it that are paid for. */
  readonly paid: number;
}

/** The result lines of a batch that was at work. */
export function resultsOf(asked: readonly AskedLine[], fate: Fate, status: BatchStatus): Results {
  const results = { output: [] as string[], errors: [] as string[], final: new Set<string>(), paid: 0 };
  const untried = status === "cancelled" ? "batch_cancelled" : "batch_expired";
  for (const [index, line] of asked.entries()) {
    const lineFate = fate.lines[index % fate.lines.length] ?? "whole";
    const { kind, text } = wholeLine(line);
    const said = kind === "output" ? results.output : results.errors;
    switch (lineFate) {
      case "missing":
        continue;
      case "corrupt":
        said.push(text.slice(0, text.length / 2));
        continue;
      case "server error":
        results.errors.push(errorTo(line, 500));
        continue;
      case "rate limited":
        results.errors.push(errorTo(line, 429, "rate_limit_exceeded"));
        continue;
      case "no status":
        results.errors.push(errorTo(line, 0));
        continue;
      case "untried":
        if (status === "expired" || status === "cancelled") results.errors.push(untriedLine(line, untried));
        continue;
      default:
        said.push(...before(line, { kind, text }, lineFate), text);
        if (kind === "output") results.paid++;
        if (replyTo(line.body).kind !== "cut off") results.final.add(askedKey(line.body));
    }
  }
  if (!fate.isReversed) return results;
  return { ...results, output: results.output.toReversed(), errors: results.errors.toReversed() };
}

/** What the provider complains of when it turns a batch away. */
export function complaintsOf(refusal: Refusal, fileId: string, limit: number): readonly BatchError[] {
  switch (refusal) {
    case "no reason":
      return [];
    case "server_error":
      return [{ code: "server_error", message: "Something went wrong." }];
    case "lost file":
      return [{ code: "invalid_request", message: `Cannot find file ${fileId}, or it is not readable.` }];
    case "quota":
      return [{ code: "insufficient_quota", message: "You have run out of credit." }];
    case "invalid":
      return [{ code: "invalid_value", message: "This line is not to be.", line: 1 }];
    case "enqueued tokens":
      return [
        { code: "token_limit_exceeded", message: `Enqueued token limit reached. Limit: ${limit} enqueued tokens.` },
      ];
  }
}

/** A second line for the same request, before the one that counts. Only a final reply contradicts an error. */
function before(line: AskedLine, { kind, text }: WholeLine, fate: LineFate): readonly string[] {
  if (fate === "doubled") return [text];
  if (fate === "torn, then whole") return [text.slice(0, -9)];
  const isFinal = kind === "output" && replyTo(line.body).kind !== "cut off";
  return fate === "server error, then whole" && isFinal ? [errorTo(line, 500)] : [];
}

interface WholeLine {
  readonly kind: "output" | "errors";
  readonly text: string;
}

/** A request's line as it is when nothing goes wrong on the way. */
function wholeLine(line: AskedLine): WholeLine {
  const { kind, text } = replyTo(line.body);
  if (kind === "rejection") return { kind: "errors", text: errorTo(line, 400, "invalid_request_error", text) };
  if (kind === "refusal") return { kind: "output", text: answerTo(line, { refusal: text }) };
  const finishReason = kind === "cut off" ? "length" : "stop";
  return { kind: "output", text: answerTo(line, { content: text, finishReason }) };
}
