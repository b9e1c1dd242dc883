import { InputDataError } from "../core/errors.ts";
import type { GoodRow, Row } from "../core/records.ts";
import { endpoints } from "../endpoints/index.ts";
import { modelOf, urlOf } from "../stages/take.ts";
import { followedBy } from "./peek-rows.ts";

/** The first request of an input tells where all of them go. */
export interface FirstRequest {
  readonly endpoint: keyof typeof endpoints;
  readonly model: string;
}

/** Lines of an input of requests, looked at as far as the first of them. */
export interface RequestLines {
  /** Undefined when there is no line at all. */
  readonly first: FirstRequest | undefined;
  readonly rows: AsyncIterable<readonly Row[]>;
}

/**
 * Looks for the first request.
 *
 * @throws {InputDataError} when there are lines, and none of the first few is a request
 */
export async function openRequestLines(rows: AsyncIterable<readonly Row[]>): Promise<RequestLines> {
  const iterator = rows[Symbol.asyncIterator]();
  const head = await iterator.next();
  if (head.done === true) return { first: undefined, rows: followedBy([], iterator) };
  const lines: readonly Row[] = head.value;
  const first = lines.flatMap((row) => (row.kind === "row" ? firstRequest(row) : []))[0];
  if (first === undefined) throw noRequests(lines[0]);
  return { first, rows: followedBy([lines], iterator) };
}

function firstRequest(row: GoodRow): readonly FirstRequest[] {
  const model = modelOf(row);
  const url = urlOf(row);
  const endpoint = Object.keys(endpoints).find((path): path is keyof typeof endpoints => path === url);
  return endpoint === undefined || model === undefined ? [] : [{ endpoint, model }];
}

function noRequests(row: Row | undefined): InputDataError {
  const { file = "-", line = 1 } = row?.position ?? {};
  const paths = Object.keys(endpoints).join(", ");
  return new InputDataError(`${file}:${line}: this is no file of requests`, {
    hint: `A line is {"custom_id": …, "method": "POST", "url": …, "body": {"model": …}}, to ${paths}. build makes them of rows.`,
  });
}
