import type { PlannedRowStep } from "../../pipelines/steps/plan.ts";
import type { Layer } from "../layers.ts";
import type { PipelineTest } from "./shape.ts";

/** A pipeline's file, read and checked. Paths hold from the working folder. */
export interface PipelineFile {
  /** As messages show it. */
  readonly path: string;
  /** The file's name without its ending. */
  readonly name: string;
  readonly description: string | undefined;
  /** None means stdin. */
  readonly inputs: readonly string[];
  readonly output: FileEnd;
  readonly errors: { readonly steps: readonly FileStep[]; readonly output: FileEnd } | undefined;
  /** What `options:` says, and what follows from the ends. */
  readonly options: Layer;
  readonly steps: readonly FileStep[];
  readonly tests: readonly PipelineTest[];
}

export interface FileEnd {
  readonly output?: string;
  readonly outputFormat?: string;
}

export type FileStep = PlannedRowStep | FileAsking;

/** A step that asks, whose options have yet to be put between the other layers. */
export interface FileAsking {
  readonly kind: "ask";
  readonly label: string;
  readonly layer: Layer;
}
