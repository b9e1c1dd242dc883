import type { GradeSettings, RunHost } from "../settings.ts";
import type { RowStep } from "./row-step.ts";

/** A pipeline as its file describes it, ready to run. */
export interface PipelinePlan {
  /** For the ledger, the metrics and messages. */
  readonly name: string;
  /** Paths and glob patterns; none means stdin. */
  readonly inputs: readonly string[];
  readonly inputFormat?: string;
  readonly maxRecordBytes: number;
  readonly steps: readonly PlannedStep[];
  readonly onError: GradeSettings["onError"];
  /** Codes of failures that end the run, whatever becomes of others. */
  readonly haltOn?: readonly string[];
  readonly output: PlannedOutput;
  /** What becomes of failed rows, beside what `onError` says. */
  readonly errors?: PlannedBranch;
}

/** A file and its format; stdout when there is none. */
export interface PlannedOutput {
  readonly output?: string;
  readonly outputFormat?: string;
}

export interface PlannedBranch {
  readonly steps: readonly PlannedStep[];
  readonly output: PlannedOutput;
}

export type PlannedStep = PlannedRowStep | PlannedAsking;

/** A step that asks nothing. */
export interface PlannedRowStep {
  readonly kind: "rows";
  readonly label: string;
  /** What it does, as the end of a sentence. */
  readonly explains: string;
  readonly step: RowStep;
}

/** A step that asks a model. */
export interface PlannedAsking {
  readonly kind: "ask";
  readonly label: string;
  readonly settings: GradeSettings;
  /** How its provider is reached. */
  readonly access: Pick<RunHost, "apiKey" | "isEmbedded">;
}
