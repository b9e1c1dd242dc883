import { optionsOf } from "../../config/options.ts";
import { EXIT } from "../../core/errors.ts";
import type { PipelinePlan } from "../../pipelines/steps/plan.ts";
import type { Command, CommandContext } from "../command.ts";
import { boundHeapGrowth } from "../memory.ts";
import { runObserved } from "../observed-run.ts";
import { writeText } from "../write-text.ts";

/** A pipeline that a file describes. */
export const run: Command = {
  name: "run",
  summary: "Runs a pipeline that a YAML file describes, or one that comes with bg-pipe",
  usage: "run FILE|NAME [INPUT…] [flags]",
  options: optionsOf("run"),
  examples: [
    {
      command: "bg-pipe run pipeline.yaml",
      explains: "Runs it; run it again after a stop and it goes on",
    },
    {
      command: "bg-pipe run classify tickets.csv --set labels=billing,bug,other --model gpt-5-mini -o sorted.csv",
      explains: "One that comes with bg-pipe: grade, classify, extract, translate, embed, pairwise",
    },
    {
      command: "cat rows.jsonl | bg-pipe grade --model gpt-5-mini | bg-pipe run second.yaml > out.jsonl",
      explains: "Works as a filter, where the file names no input",
    },
    { command: "bg-pipe run pipeline.yaml --dry-run", explains: "Says what it would do, and makes no request" },
  ],
  afterSignal:
    "batches keep running at the provider and answers are kept; run the same command again to go on from here",
  run: runFile,
};

async function runFile(outer: CommandContext): Promise<number> {
  boundHeapGrowth();
  const [target, ...inputs] = outer.positionals;
  const { findPipeline } = await import("../pipeline/find-pipeline.ts");
  const { NO_ACCESS, openPipelineFile, refuseTerminal } = await import("../pipeline/open-pipeline.ts");
  const { file, context } = await openPipelineFile(await findPipeline("run", target, outer.cwd), outer);
  refuseTerminal(file.path, [...inputs, ...file.inputs], context);
  const { planPipeline } = await import("../pipeline/plan-pipeline.ts");
  const { plan, close } = await planPipeline(file, context, inputs);
  try {
    if (context.configuration.values.dryRun) return await explain(plan, context);
    const { runPipeline } = await import("../../pipelines/run-pipeline.ts");
    return await runObserved(context, NO_ACCESS, (host) => runPipeline(plan, host));
  } finally {
    await close();
  }
}

async function explain(plan: PipelinePlan, context: CommandContext): Promise<number> {
  const { planPipelineRun } = await import("../../pipelines/plan-pipeline-run.ts");
  const { explainPipeline } = await import("../pipeline/explain-pipeline.ts");
  const { displayUsd } = await import("../../pricing/usd.ts");
  const { runHostOf } = await import("../run-host.ts");
  const { NO_ACCESS } = await import("../pipeline/open-pipeline.ts");
  const known = await planPipelineRun(plan, await runHostOf(context, NO_ACCESS));
  const width = context.stderr.columns;
  await writeText(context.stderr, explainPipeline(plan, known, { usd: displayUsd, width }));
  return EXIT.ok;
}
