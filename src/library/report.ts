import type { Summary } from "../report/summary.ts";
import type { Notes } from "./flow.ts";

/** What a pipeline did. */
export interface PipelineReport {
  readonly rows: {
    readonly read: number;
    /** Records that could not be read. */
    readonly unreadable: number;
    /** Left out by functions and filters. */
    readonly dropped: number;
    readonly written: number;
    /** Of those written, the ones that hold an error. */
    readonly failed: number;
  };
  /** The summary of each time a model was asked. */
  readonly asked: readonly Summary[];
}

export function reportOf({ read, dropped, asked }: Notes, written: number, failed: number): PipelineReport {
  return { rows: { read: read.rows, unreadable: read.unreadable, dropped, written, failed }, asked };
}
