import { createHash } from "node:crypto";
import type { FanIn } from "../core/combine.ts";
import type { Provider } from "../providers/provider.ts";
import type { Question } from "./question.ts";
import type { GradeSettings } from "./settings.ts";

/** What tells a run from others. */
export interface SignedRun {
  readonly settings: GradeSettings;
  readonly questions: readonly [Question, ...Question[]];
  readonly provider: Pick<Provider, "identity">;
}

/** Equal for executions of the same command over inputs of the same names. */
export function runSignature({ settings, questions, provider }: SignedRun, fanIn: FanIn | undefined): string {
  const { inputs, output, outputDir, errors, order, onError, haltOn, fresh, ...texts } = settings;
  const { field, reference, prompt, system, user, probe } = texts;
  const where = { inputs, output, outputDir, errors };
  const said = { ...where, order, onError, haltOn, fresh, field, reference, prompt, system, user, probe };
  const [{ endpoint, request }] = questions;
  const several = fanIn === undefined ? {} : { judges: fanIn.labels };
  const asked = { provider: provider.identity, endpoint: endpoint.path, request, ...several };
  return createHash("sha256").update(JSON.stringify({ said, asked })).digest("hex");
}
