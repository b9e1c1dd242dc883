import type { Configuration } from "../../config/load.ts";
import type { FileAsking, FileEnd, FileStep, PipelineFile } from "../../config/pipeline/pipeline-file.ts";
import type { PipelinePlan, PlannedAsking, PlannedStep } from "../../pipelines/steps/plan.ts";
import type { CommandContext } from "../command.ts";
import { accessProvider, type ProviderAccess } from "../provider-access.ts";

/** A pipeline that is ready to run, and the way to let go of what was started for it. */
export interface OpenPipeline {
  readonly plan: PipelinePlan;
  close(): Promise<void>;
}

/**
 * Puts a pipeline's options between the other layers of the configuration, and opens the providers that its steps ask.
 *
 * @param context With the configuration of the whole pipeline.
 * @param inputs What the command line names, in the place of the file's.
 */
export async function planPipeline(
  file: PipelineFile,
  context: CommandContext,
  inputs: readonly string[],
): Promise<OpenPipeline> {
  const planner = new Planner(file, context);
  try {
    return { plan: await planner.plan(inputs), close: () => planner.close() };
  } catch (error) {
    await planner.close();
    throw error;
  }
}

class Planner {
  readonly #file: PipelineFile;
  readonly #context: CommandContext;
  /** Steps that reach their provider in the same way share it. */
  readonly #accesses = new Map<string, ProviderAccess>();
  #inputs: readonly string[] = [];
  #asked = 0;

  constructor(file: PipelineFile, context: CommandContext) {
    this.#file = file;
    this.#context = context;
  }

  async plan(given: readonly string[]): Promise<PipelinePlan> {
    const { name, inputs, output, errors, steps } = this.#file;
    const { values } = this.#context.configuration;
    this.#inputs = given.length > 0 ? given : inputs;
    const branch = errors ?? (values.errors === undefined ? undefined : { steps: [], output: {} });
    return {
      name,
      inputs: this.#inputs,
      ...chosen("inputFormat", values.inputFormat),
      maxRecordBytes: values.maxRecordBytes,
      steps: await this.#steps(steps),
      onError: values.onError,
      haltOn: values.haltOn,
      output: chosenOutput(output, values),
      ...(branch === undefined
        ? {}
        : {
            errors: {
              steps: await this.#steps(branch.steps),
              output: chosenOutput(branch.output, { output: values.errors, outputFormat: branch.output.outputFormat }),
            },
          }),
    };
  }

  async close(): Promise<void> {
    for (const access of this.#accesses.values()) await access.close();
  }

  async #steps(steps: readonly FileStep[]): Promise<readonly PlannedStep[]> {
    const planned: PlannedStep[] = [];
    for (const step of steps) planned.push(step.kind === "ask" ? await this.#asking(step) : step);
    return planned;
  }

  async #asking({ label, layer }: FileAsking): Promise<PlannedAsking> {
    const configuration = await this.#context.reconfigure([this.#file.options, layer]);
    const { baseUrl, apiKey, isEmbedded } = await this.#access(configuration);
    const { output: _, errors: __, ...values } = configuration.values;
    const address = baseUrl === undefined ? {} : { baseUrl };
    const escalate = values.escalate.flatMap((models) => models.split(","));
    // What the run is known by in the ledger: the same step of the same pipeline over the same inputs.
    const inputs = [...this.#inputs, `${this.#file.path}#${++this.#asked}`];
    return {
      kind: "ask",
      label,
      settings: { ...values, ...address, escalate, inputs },
      access: { apiKey, isEmbedded },
    };
  }

  async #access(configuration: Configuration): Promise<ProviderAccess> {
    const { provider, baseUrl, apiKey, apiKeyFile, stateDir } = configuration.values;
    const way = JSON.stringify([provider, baseUrl, apiKey, apiKeyFile, stateDir]);
    const known = this.#accesses.get(way);
    if (known !== undefined) return known;
    const access = await accessProvider({ ...this.#context, configuration });
    this.#accesses.set(way, access);
    return access;
  }
}

/** The output, with the file's format only where it is the file's output. */
function chosenOutput(
  said: FileEnd,
  { output, outputFormat }: { readonly output?: string | undefined; readonly outputFormat?: string | undefined },
): FileEnd {
  const isOthers = output !== said.output && outputFormat === said.outputFormat;
  return { ...chosen("output", output), ...chosen("outputFormat", isOthers ? undefined : outputFormat) };
}

function chosen<Name extends string>(name: Name, value: string | undefined): { readonly [N in Name]?: string } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [N in Name]?: string };
}
