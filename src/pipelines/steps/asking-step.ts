import { HaltError } from "../../core/errors.ts";
import { Handoff } from "../../core/handoff.ts";
import type { AnsweredRow, FailureCode, Row } from "../../core/records.ts";
import type { Format } from "../../formats/format.ts";
import type { Summary } from "../../report/summary.ts";
import { grade } from "../grade.ts";
import { failurePolicy } from "../halting.ts";
import type { RunHost, StepEnds } from "../settings.ts";
import type { PlannedAsking } from "./plan.ts";
import { rowAfterAsking } from "./row-text.ts";
import { lostRows, type StepCount } from "./step-count.ts";

export interface AskingStepOptions {
  readonly pipeline: string;
  readonly plan: PlannedAsking;
  readonly host: RunHost;
  /** The input's; nothing is written in it. */
  readonly format: Format;
  readonly count: StepCount;
  /** Whether no other step of the pipeline asks, with which this one would count together. */
  readonly isAlone: boolean;
}

/** A step that asks: a grade run of its own, with rows in and rows out in the place of files. */
export class AskingStep {
  readonly #options: AskingStepOptions;
  readonly #out: Handoff<readonly Row[]>;
  readonly #failed = new Map<FailureCode, number>();

  constructor(options: AskingStepOptions) {
    this.#options = options;
    this.#out = new Handoff(options.host.signal);
  }

  /** The rows that come out. */
  get rows(): AsyncIterable<readonly Row[]> {
    return this.#out;
  }

  /** Runs it to its end. Does not throw: who takes the rows gets what is thrown. */
  async run(source: AsyncIterable<readonly Row[]>): Promise<void> {
    const { plan, host, count } = this.#options;
    try {
      const step = this.#endsOf(source);
      const { error } = await grade(plan.settings, { ...host, ...plan.access, step });
      if (error !== undefined) throw error;
      if (count.in !== count.out) throw lostRows(count);
      this.#out.end();
    } catch (error) {
      this.#out.fail(error);
    }
  }

  #endsOf(source: AsyncIterable<readonly Row[]>): StepEnds {
    const { pipeline, format, count } = this.#options;
    const rows = async function* () {
      for await (const some of source) {
        count.in += some.length;
        yield some;
      }
    };
    return {
      pipeline,
      source: { rows, columns: Promise.resolve([]), format, paths: [] },
      write: (answered) => this.#write(answered),
      onRun: (run) => {
        count.run = run;
      },
      summaryOf: (summary) => this.#summaryOf(summary),
    };
  }

  /** Rows are counted at the pipeline's ends, which they may not have come to yet. */
  #summaryOf(summary: Summary): Partial<Summary> {
    const { count, isAlone } = this.#options;
    const { in: read, out: written, failed } = count;
    const byCode = { failed, failed_by_code: Object.fromEntries(this.#failed) };
    const rows = { ...summary.rows, read, written, answered: written - failed, ...byCode };
    if (isAlone) return { ...summary, rows };
    const { requests: _requests, tokens: _tokens, cost: _cost, live: _live, batches_submitted: _, ...own } = summary;
    return { ...own, rows };
  }

  async #write(answered: AsyncIterable<readonly AnsweredRow[]>): Promise<void> {
    const { plan, count, host } = this.#options;
    const { halts } = failurePolicy(plan.settings);
    for await (const rows of answered) {
      for (const { row, failure, isRepaired } of rows) {
        if (isRepaired === true && host.counters !== undefined) host.counters.rowsRepaired++;
        if (failure === undefined) continue;
        if (halts(failure)) throw new HaltError(row.position, failure);
        count.failed++;
        this.#failed.set(failure.code, (this.#failed.get(failure.code) ?? 0) + 1);
      }
      count.out += rows.length;
      await this.#out.put(rows.map(rowAfterAsking));
    }
  }
}
