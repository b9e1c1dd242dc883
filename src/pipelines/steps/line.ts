import { HaltError } from "../../core/errors.ts";
import type { Row } from "../../core/records.ts";
import type { Format } from "../../formats/format.ts";
import type { Halts } from "../../stages/halt.ts";
import type { RunHost } from "../settings.ts";
import { AskingStep } from "./asking-step.ts";
import type { PlannedRowStep, PlannedStep } from "./plan.ts";
import type { RowStep } from "./row-step.ts";
import { lostRows, type StepCount } from "./step-count.ts";

export interface LineOptions {
  readonly pipeline: string;
  readonly host: RunHost;
  readonly format: Format;
  /** Whether a row's failure ends the pipeline. */
  readonly halts: Halts;
  /** Whether no more than one step of the pipeline asks. */
  readonly isAlone: boolean;
}

/** Steps one after the other, each pulling rows from the one before. */
export class Line {
  readonly counts: StepCount[] = [];
  readonly #options: LineOptions;
  readonly #asking: Promise<void>[] = [];

  constructor(options: LineOptions) {
    this.#options = options;
  }

  /** The rows behind all steps. */
  through(rows: AsyncIterable<readonly Row[]>, steps: readonly PlannedStep[]): AsyncIterable<readonly Row[]> {
    return steps.reduce(
      (source, step) => (step.kind === "ask" ? this.#ask(source, step) : this.#shape(source, step)),
      rows,
    );
  }

  /** Waits until every step that asks has let go of its ledger and provider. */
  async close(): Promise<void> {
    await Promise.all(this.#asking);
  }

  /** Rows that were dropped, less those that were added. */
  get dropped(): number {
    return this.counts.reduce((sum, { in: given, out }) => sum + given - out, 0);
  }

  #ask(source: AsyncIterable<readonly Row[]>, plan: PlannedStep & { kind: "ask" }): AsyncIterable<readonly Row[]> {
    const { pipeline, host, format, isAlone } = this.#options;
    const count = this.#count(plan.label, plan.settings.model ?? null);
    const step = new AskingStep({ pipeline, plan, host, format, count, isAlone });
    this.#asking.push(step.run(source));
    return step.rows;
  }

  #shape(source: AsyncIterable<readonly Row[]>, { label, step }: PlannedRowStep): AsyncIterable<readonly Row[]> {
    return this.#shaped(source, step, this.#count(label, null));
  }

  async *#shaped(source: AsyncIterable<readonly Row[]>, step: RowStep, count: StepCount) {
    const { host, halts } = this.#options;
    for await (const rows of source) {
      const shaped = await step.apply(rows, { signal: host.signal, tally: count });
      count.in += rows.length;
      count.out += shaped.length;
      for (const row of shaped) {
        if (row.kind === "bad" || row.failure === undefined) continue;
        if (halts(row.failure)) throw new HaltError(row.position, row.failure);
        count.failed++;
      }
      if (shaped.length > 0) yield shaped;
    }
    if (count.in + count.added !== count.out + count.dropped) throw lostRows(count);
  }

  #count(label: string, model: string | null): StepCount {
    const count = { label, in: 0, out: 0, dropped: 0, added: 0, failed: 0, run: null, model };
    this.counts.push(count);
    return count;
  }
}
