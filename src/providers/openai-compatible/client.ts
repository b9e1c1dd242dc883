import { OpenAI } from "openai";
import type { ProviderSettings } from "../provider.ts";
import type { Dialect } from "./dialect.ts";
import { streamingFetch } from "./streaming-fetch.ts";

const CALL_TIMEOUT_MS = 120_000;

/** The official SDK, for this provider. */
export function createClient({ baseUrl, headers }: Dialect, { apiKey }: ProviderSettings): OpenAI {
  return new OpenAI({
    apiKey: apiKey ?? "none",
    baseURL: baseUrl,
    // The SDK would repeat POST /batches, and bill twice. What may be repeated is repeated by the adapter.
    maxRetries: 0,
    timeout: CALL_TIMEOUT_MS,
    fetch: streamingFetch,
    defaultHeaders: headers ?? {},
    // With OPENAI_LOG set it would write to stdout, among the rows.
    logLevel: "off",
  });
}
