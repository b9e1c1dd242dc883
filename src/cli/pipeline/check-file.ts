import { resolve } from "node:path";
import { displayPath } from "../../config/directories.ts";
import { readPackageText } from "../../config/package-data.ts";
import type { FileStep } from "../../config/pipeline/pipeline-file.ts";
import { isPipeline, readPipeline } from "../../config/pipeline/read-pipeline.ts";
import { readTextFile } from "../../config/text-file.ts";
import { readYamlLayer } from "../../config/yaml-file.ts";
import { ConfigurationError } from "../../core/errors.ts";
import { prepareQuestion } from "../../pipelines/question.ts";
import type { CommandContext } from "../command.ts";

/**
 * Checks a pipeline's file, or a configuration file, and the prompts and schemas that it names.
 *
 * @returns what it is, in words
 * @throws {ConfigurationError} naming file, line, column and key of what is wrong
 */
export async function checkFile(name: string, context: CommandContext): Promise<string> {
  const { cwd, home } = context;
  const path = resolve(cwd, name);
  const text = await readTextFile(path);
  if (text === undefined) throw new ConfigurationError(`there is no file ${name}`);
  const file = { path, cwd, home };
  if (!isPipeline(text, displayPath(path, cwd))) {
    const { size } = await readYamlLayer(text, file);
    return `a configuration of ${counted(size, "option")}`;
  }
  const pipeline = await readPipeline(text, { file, set: [], isCheck: true });
  const steps = [...pipeline.steps, ...(pipeline.errors?.steps ?? [])];
  for (const step of steps) await checkQuestion(step, [pipeline.options], context);
  return `a pipeline of ${counted(steps.length, "step")} and ${counted(pipeline.tests.length, "test")}`;
}

type Layers = Parameters<CommandContext["reconfigure"]>[0];

/** A model may be named later, on the command line. */
async function checkQuestion(step: FileStep, layers: Layers, context: CommandContext): Promise<void> {
  if (step.kind !== "ask") return;
  const { values } = await context.reconfigure([...layers, step.layer]);
  const provider = values.model === undefined ? "emulator" : values.provider;
  const data = { prompts: await readPackageText("prompts.yaml"), models: await readPackageText("models.yaml") };
  await prepareQuestion({ ...values, provider }, data);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
