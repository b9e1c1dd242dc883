import { failIfTooLong } from "../core/asked-requests.ts";
import type { ChunkLimits } from "../core/chunk-limits.ts";
import type { RequestRow, Row } from "../core/records.ts";
import { providerFacts, providerIdentity } from "../providers/facts.ts";
import { createBuild } from "../stages/build.ts";
import { createCount } from "../stages/count.ts";
import type { Step } from "./answer-rows.ts";
import type { Question } from "./question.ts";
import type { GradeSettings } from "./settings.ts";

/** Of whom is asked: it is part of every `custom_id`. */
export type RequestSettings = Pick<GradeSettings, "provider" | "baseUrl">;

/** The steps from rows to the requests that `grade` makes of them, without a word to the provider. */
export interface RequestSteps {
  readonly build: Step<Row, RequestRow>;
  /** Counts tokens, and fails what no model or batch would take. */
  readonly check: Step<RequestRow, RequestRow>;
}

export function requestSteps(settings: RequestSettings, question: Question): RequestSteps {
  const { render, endpoint, request, tokenizer, contextWindow } = question;
  const count = createCount({ tokenizer, endpoint, contextWindow });
  const limits = requestLimits(settings);
  return {
    build: createBuild({ render, endpoint, settings: request, provider: identityOf(settings) }),
    check: (rows) => count(rows).map((row) => failIfTooLong(row, endpoint.path, limits)),
  };
}

/** The most that a batch may hold. */
export function requestLimits({ provider }: RequestSettings): ChunkLimits {
  const { requestsPerBatch, bytesPerBatch } = providerFacts[provider].limits;
  return { requests: requestsPerBatch, bytes: bytesPerBatch, tokens: Number.POSITIVE_INFINITY, count: undefined };
}

/** An emulator without an address is one within the process, as `grade` starts it. */
function identityOf({ provider, baseUrl }: RequestSettings): string {
  return providerIdentity(provider, { baseUrl, isEmbedded: provider === "emulator" && baseUrl === undefined });
}
