import type { z } from "zod";
import type { Places } from "../../prompts/read-prompt.ts";
import type { RowStep } from "./row-step.ts";

/** What a step is made from. */
export interface StepSource {
  /** The value under the kind's own key, and what stands beside it. */
  readonly value: unknown;
  readonly beside: Readonly<Record<string, unknown>>;
  /** Says where in the file things are, by path from the step. */
  readonly places: Places;
  /** The folder of the pipeline's file, absolute: where modules are found. */
  readonly folder: string;
  /** The step's name, for messages. */
  readonly label: string;
}

/** A kind of step that a pipeline's file can name. */
export interface StepKind {
  /** Its key in the file. */
  readonly name: string;
  /** What it does, as the end of a sentence. */
  readonly summary: string;
  /** The shape of its own key, and of those that may stand beside it. */
  readonly keys: Readonly<Record<string, z.ZodType>>;
  /** @throws {ConfigurationError} for a value that makes no sense, naming its place */
  create(source: StepSource): RowStep | Promise<RowStep>;
  /** What this one does, for the plan: `keeps the rows of which …`. */
  explain(value: unknown): string;
}
