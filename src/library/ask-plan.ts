import { UsageError } from "../core/errors.ts";
import type { ChunkSettings } from "../pipelines/chunk-limits.ts";
import type { Question } from "../pipelines/question.ts";

/** What goes along with every request, unseen: of which question it is, and what a batch may hold. */
export interface AskPlan {
  readonly question: Question;
  readonly limits: ChunkSettings;
}

/** @throws {UsageError} for a request that nobody knows the question of */
export function planned(plan: AskPlan | undefined): AskPlan {
  if (plan !== undefined) return plan;
  throw new UsageError("a request was not made by buildRequests", {
    hint: "Change requests with map() only: it keeps what belongs to them. Files of requests are for submitRequestFile.",
  });
}
