import { InputDataError } from "../core/errors.ts";
import { canonicalBody, requestKey } from "../core/keys.ts";
import type { Failure, GoodRow, RequestBody, RequestRow, Row } from "../core/records.ts";
import type { FirstPlaces } from "../ledger/first-places.ts";

export interface TakeOptions {
  /** The provider's identity, part of every key. */
  readonly provider: string;
  /** The path that all requests go to. */
  readonly endpoint: string;
  /** Where each `custom_id` was met. */
  readonly places: FirstPlaces;
}

/**
 * The take stage: lines of a Batch API input file to requests. The key is made of the body, as for any other request,
 * so that equal ones are one; of the line itself, only its `custom_id` goes on. A line that is no request keeps its
 * place with the failure that says why.
 *
 * @throws {InputDataError} for a `custom_id` that was met before: the results could not be told apart
 */
export function createTake(options: TakeOptions): (rows: readonly Row[]) => readonly RequestRow[] {
  return (rows) => rows.map((row) => (row.kind === "bad" ? refuse(row, row.message) : takeLine(row, options)));
}

/** A line's `custom_id`; null where there is none. @param text As the take stage has it, or a whole request line. */
export function customIdIn(text: string): string | null {
  const { custom_id: id } = JSON.parse(text);
  return typeof id === "string" && id !== "" ? id : null;
}

/** The path that a line goes to, as endpoints are registered; Azure's own begins without `/v1`. */
export function urlOf({ fields }: GoodRow): string | undefined {
  const { url } = fields;
  if (typeof url !== "string") return undefined;
  return url.startsWith("/v1/") ? url : `/v1${url}`;
}

/** The model that a line asks. */
export function modelOf({ fields: { body } }: GoodRow): string | undefined {
  return isObject(body) && typeof body["model"] === "string" && body["model"] !== "" ? body["model"] : undefined;
}

function takeLine(row: GoodRow, options: TakeOptions): RequestRow {
  const { provider, endpoint } = options;
  const short = shortened(row);
  const id = customIdIn(short.text);
  if (id !== null) refuseRepeated(id, row, options.places);
  const problem = problemOf(row, id, endpoint);
  if (problem !== undefined) return refuse(short, `${placeOf(row)}: ${problem}`);
  const { body } = row.fields;
  if (!isBody(body)) return refuse(short, `${placeOf(row)}: the body is no object with a model`);
  const bodyText = canonicalBody(body);
  return { row: short, request: { key: requestKey(provider, endpoint, bodyText), body, bodyText, tokens: 0 } };
}

/** What waits on the disk for its result need not be the whole request. */
function shortened({ position, fields: { custom_id: id } }: GoodRow): GoodRow {
  const customId = typeof id === "string" ? id : null;
  return { kind: "row", position, text: JSON.stringify({ custom_id: customId }), fields: {} };
}

function refuseRepeated(id: string, row: GoodRow, places: FirstPlaces): void {
  const before = places.add(id, placeOf(row));
  if (before === undefined) return;
  throw new InputDataError(`${placeOf(row)}: the custom_id ${JSON.stringify(id)} is that of ${before}, too`, {
    hint: "Give every request one of its own: results are told apart by nothing else.",
  });
}

function problemOf(row: GoodRow, id: string | null, endpoint: string): string | undefined {
  const { method, url, body } = row.fields;
  if (id === null) return "the request has no custom_id";
  if (method !== undefined && method !== "POST") return `the method is ${JSON.stringify(method)}, not "POST"`;
  if (urlOf(row) === undefined) return "the request has no url";
  if (urlOf(row) !== endpoint) return `the url is ${JSON.stringify(url)}, that of the first request is "${endpoint}"`;
  if (!isObject(body)) return "the request has no body";
  if (modelOf(row) === undefined) return "the body names no model";
  if (body["stream"] === true) return "stream: true in the body is refused by the Batch API";
  return undefined;
}

function refuse(row: Row, message: string): RequestRow {
  const failure: Failure = { code: "bad_input", message };
  return { row, failure };
}

function placeOf({ position: { file, line } }: GoodRow): string {
  return `${file}:${line}`;
}

function isBody(value: unknown): value is RequestBody {
  return isObject(value) && typeof value["model"] === "string";
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
