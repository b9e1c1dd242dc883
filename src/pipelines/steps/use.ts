import { z } from "zod";
import type { RowFunction } from "../../core/row-function.ts";
import { loadModule, whyNotLoaded } from "./load-module.ts";
import type { StepKind, StepSource } from "./step-kind.ts";
import { createUserStep } from "./user-stage.ts";

const DEFAULT_CONCURRENCY = 8;

/** A stage of the user's own. */
export const use: StepKind = {
  name: "use",
  summary: "runs a function of your own over each row",
  keys: {
    use: z.string().min(1).describe("A module's path from this file, such as ./stage.ts, or a package's name"),
    with: z.record(z.string(), z.unknown()).optional().describe("Options that the function is given"),
    concurrency: z.int().min(1).max(1000).optional().describe(`Rows at a time; ${DEFAULT_CONCURRENCY} when not given`),
  },
  create: async (source) => {
    const { beside, label } = source;
    const options = (beside["with"] ?? {}) as Readonly<Record<string, unknown>>;
    const concurrency = Number(beside["concurrency"] ?? DEFAULT_CONCURRENCY);
    return createUserStep(await stageOf(source), { label, options, concurrency });
  },
  explain: (value) => `runs ${String(value)} over each row`,
};

/** @throws {ConfigurationError} when there is no such module, or no function in it */
async function stageOf({ value, folder, places }: StepSource): Promise<RowFunction> {
  const name = String(value);
  const stage = await loadModule(name, folder).then(
    (module) => module["default"],
    (error: unknown) => {
      throw places.error(["use"], "value", `the stage ${name} cannot be loaded: ${whyNotLoaded(error)}`, PATH_HINT);
    },
  );
  if (typeof stage === "function") return stage as RowFunction;
  const hint = "export default (row, context) => ({ ...row, words: row.text.split(' ').length })";
  throw places.error(["use"], "value", `the stage ${name} has no function as its default export`, hint);
}

const PATH_HINT =
  "A path counts from the pipeline file's folder and begins with ./ or ../; else it is a package's name.";
