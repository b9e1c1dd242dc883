import { canonicalBody, requestKey, sampleOccasion } from "../core/keys.ts";
import type { RenderedPrompt } from "../core/prompt.ts";
import type { Fields, GoodRow, RequestRow, Row } from "../core/records.ts";
import type { Endpoint, RequestSettings } from "../endpoints/endpoint.ts";
import { RowTemplateError } from "../prompts/row-errors.ts";

export interface BuildOptions {
  /** Renders a row's prompt; from prompts/renderer.ts. */
  readonly render: (fields: Fields) => RenderedPrompt;
  readonly endpoint: Endpoint;
  readonly settings: RequestSettings;
  /** The provider's identity, part of every key. */
  readonly provider: string;
  /** How often each request is asked; once when undefined. Each sample has a key of its own. */
  readonly samples?: number;
  /** Makes the requests others than those of the same bodies elsewhere, so that they are asked anew. */
  readonly occasion?: string;
  /** What every row is asked beside, in this order: each as the first, but for what is said here. */
  readonly others?: readonly Partial<Pick<BuildOptions, "render" | "settings">>[];
}

/**
 * The build stage: rows to requests. A row that cannot be asked (unreadable, a field missing) keeps its place with
 * the failure that says why. A row that is asked several times becomes as many neighbours that share its object: all
 * samples of the first request, then those of the next.
 */
export function createBuild(options: BuildOptions): (rows: readonly Row[]) => readonly RequestRow[] {
  const { others = [] } = options;
  if (others.length === 0 && (options.samples ?? 1) === 1) return (rows) => rows.map((row) => buildOne(row, options));
  const each = [options, ...others.map((other) => ({ ...options, ...other }))];
  return (rows) => rows.flatMap((row) => buildAll(row, each));
}

/** A row that cannot be asked fails once. */
function buildAll(row: Row, each: readonly BuildOptions[]): readonly RequestRow[] {
  const built = each.map((options) => ({ first: buildOne(row, options), options }));
  const failed = built.find(({ first }) => !("request" in first));
  return failed === undefined ? built.flatMap(({ first, options }) => samplesOf(first, options)) : [failed.first];
}

function samplesOf(
  first: RequestRow,
  { samples = 1, endpoint, provider, occasion }: BuildOptions,
): readonly RequestRow[] {
  if (!("request" in first)) return [first];
  const { row, request } = first;
  const keyOf = (sample: number) =>
    requestKey(provider, endpoint.path, request.bodyText, sampleOccasion(sample, occasion));
  return Array.from({ length: samples }, (_, index) =>
    index === 0 ? first : { row, request: { ...request, key: keyOf(index + 1) } },
  );
}

function buildOne(row: Row, options: BuildOptions): RequestRow {
  if (row.kind === "bad") return { row, failure: { code: "bad_input", message: row.message } };
  return row.failure === undefined ? buildRequest(row, options) : { row, failure: row.failure };
}

function buildRequest(row: GoodRow, { render, endpoint, settings, provider, occasion }: BuildOptions): RequestRow {
  try {
    const body = endpoint.buildBody(render(row.fields), settings);
    const bodyText = canonicalBody(body);
    const key = requestKey(provider, endpoint.path, bodyText, occasion);
    return { row, request: { key, body, bodyText, tokens: 0 } };
  } catch (error) {
    if (!(error instanceof RowTemplateError)) throw error;
    return { row, failure: error.failure };
  }
}
