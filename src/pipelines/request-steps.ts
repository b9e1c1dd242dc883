import { failIfTooLong } from "../core/asked-requests.ts";
import type { ChunkLimits } from "../core/chunk-limits.ts";
import type { RequestRow, Row } from "../core/records.ts";
import { factsOf } from "../providers/known-facts.ts";
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
  /** The most that a batch may hold. */
  readonly limits: ChunkLimits;
}

export async function requestSteps(settings: RequestSettings, question: Question): Promise<RequestSteps> {
  const { render, endpoint, request, tokenizer, contextWindow } = question;
  const count = createCount({ tokenizer, endpoint, contextWindow });
  const { identity, limits: most } = await factsOf(settings.provider, settings);
  const { requestsPerBatch, bytesPerBatch } = most;
  const tokens = Number.POSITIVE_INFINITY;
  const limits = { requests: requestsPerBatch, bytes: bytesPerBatch, tokens, count: undefined };
  return {
    build: createBuild({ render, endpoint, settings: request, provider: identity }),
    check: (rows) => count(rows).map((row) => failIfTooLong(row, endpoint.path, limits)),
    limits,
  };
}
