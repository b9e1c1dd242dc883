import { canonicalBody, requestKey } from "../core/keys.ts";
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
}

/**
 * The build stage: rows to requests. A row that cannot be asked (unreadable, a field missing) keeps its place with
 * the failure that says why.
 */
export function createBuild(options: BuildOptions): (rows: readonly Row[]) => readonly RequestRow[] {
  return (rows) => rows.map((row) => buildOne(row, options));
}

function buildOne(row: Row, options: BuildOptions): RequestRow {
  if (row.kind === "bad") return { row, failure: { code: "bad_input", message: row.message } };
  return row.failure === undefined ? buildRequest(row, options) : { row, failure: row.failure };
}

function buildRequest(row: GoodRow, { render, endpoint, settings, provider }: BuildOptions): RequestRow {
  try {
    const body = endpoint.buildBody(render(row.fields), settings);
    const bodyText = canonicalBody(body);
    return { row, request: { key: requestKey(provider, endpoint.path, bodyText), body, bodyText, tokens: 0 } };
  } catch (error) {
    if (!(error instanceof RowTemplateError)) throw error;
    return { row, failure: error.failure };
  }
}
