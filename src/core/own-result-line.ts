import { topLevelEntries } from "./json-text.ts";
import { FAILURE_CODES, type Failure } from "./records.ts";
import { type Entry, objectText } from "./respell.ts";

/**
 * Lines of results as `submit` writes them: the provider's own, under the file's own `custom_id`. What came to nothing
 * has an `error` whose `type` is `bg_pipe`; `code` and `message` are those that a row would show.
 */

/** What is known of a request beside the provider's line. */
export interface ResultMarks {
  readonly batchId: string | null;
  readonly attempts: number;
}

export interface OwnResult {
  /** The file's own; null where a line has none. */
  readonly customId: string | null;
  /** The provider's line; undefined when there is none. */
  readonly line?: string;
  readonly failure?: Failure & { readonly line?: number; readonly raw?: string };
  /** Added as `bg_pipe`, for `--meta`. */
  readonly marks?: ResultMarks;
}

/** Makes the line, without its newline. Values of the provider's line stay as they are spelled. */
export function ownResultLine({ customId, line, failure, marks }: OwnResult): string {
  const entries = new Map(line === undefined ? [["response", "null"]] : topLevelEntries(line));
  entries.delete("custom_id");
  const id = entries.get("id");
  entries.delete("id");
  if (failure !== undefined) entries.set("error", errorJson(failure));
  if (marks !== undefined) entries.set(MARKS, JSON.stringify({ batch_id: marks.batchId, attempts: marks.attempts }));
  const head: Entry[] = id === undefined ? [] : [["id", id]];
  return objectText([...head, ["custom_id", JSON.stringify(customId)], ...entries]);
}

/** What {@link ownResultLine} has added to a line; nothing for a line of another's. */
export interface ReadMarks {
  readonly failure?: Failure;
  readonly batchId?: string;
  readonly attempts?: number;
}

/** Reads what a line has of ours. @param text Known to be JSON. */
export function readMarks(text: string): ReadMarks {
  if (!text.includes(`"${MARKS}"`)) return {};
  const { error, [MARKS]: marks } = JSON.parse(text);
  return { ...failureIn(error), ...marksIn(marks) };
}

const MARKS = "bg_pipe";

function errorJson({ code, message, ...rest }: NonNullable<OwnResult["failure"]>): string {
  return JSON.stringify({ code, message, type: MARKS, ...rest });
}

function failureIn(error: unknown): Pick<ReadMarks, "failure"> {
  if (!isObject(error) || error["type"] !== MARKS) return {};
  const code = FAILURE_CODES.find((known) => known === error["code"]);
  return code === undefined ? {} : { failure: { code, message: String(error["message"]) } };
}

function marksIn(marks: unknown): Omit<ReadMarks, "failure"> {
  if (!isObject(marks)) return {};
  const { batch_id: batchId, attempts } = marks;
  return {
    ...(typeof batchId === "string" ? { batchId } : {}),
    ...(typeof attempts === "number" ? { attempts } : {}),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
