import { createHash } from "node:crypto";
import { resolve } from "node:path";
import type * as agreement from "../agreement/agreement.ts";
import { combineAnswers } from "../agreement/combine-answers.ts";
import { PairCounts } from "../agreement/pair-counts.ts";
import { Counters } from "../core/counters.ts";
import { InternalError } from "../core/errors.ts";
import type { AnsweredRow, Row } from "../core/records.ts";
import { resolveInputs } from "../io/inputs.ts";
import type { Ledger, Run } from "../ledger/ledger.ts";
import type { SettledRow } from "../ledger/waiting-room.ts";
import type { ProbeSummary } from "../report/probe.ts";
import { RowSource } from "../stages/read.ts";
import type { Step } from "./answer-rows.ts";
import { mainField, valueAt } from "./label-check.ts";
import type { Question } from "./question.ts";
import type { GradeSettings, RunHost } from "./settings.ts";

type ProbeSettings = Pick<GradeSettings, "probe" | "labelAnswer" | "maxRecordBytes" | "outputField">;

/** Opens the probe set; undefined when there is none. @throws {InputMissingError} when it cannot be read */
export async function openProbe(
  { probe: path, labelAnswer, maxRecordBytes, outputField }: ProbeSettings,
  { stdin, signal }: Pick<RunHost, "stdin" | "signal">,
  question: Question,
): Promise<Probe | undefined> {
  if (path === undefined) return undefined;
  const counters = new Counters();
  const paths = await resolveInputs([path]);
  const source = await RowSource.open({ paths, stdin, format: undefined, maxRecordBytes, counters, signal });
  const isJson = question.check !== undefined;
  const field = labelAnswer ?? (isJson ? mainField(question, outputField) : undefined) ?? null;
  const statistics = await import("../agreement/agreement.ts");
  return new Probe({ path, source, counters, field, isJson, freeText: question.freeText, outputField, statistics });
}

interface ProbeParts {
  readonly path: string;
  readonly source: RowSource;
  /** Of the probe's rows alone. */
  readonly counters: Counters;
  /** The field that figures are of; null for the answer as a whole, or where none is to be chosen. */
  readonly field: string | null;
  readonly isJson: boolean;
  readonly freeText: ReadonlySet<string>;
  readonly outputField: string;
  readonly statistics: typeof agreement;
}

/**
 * A fixed set of rows that a run asks before its own, anew: their requests are of that run alone. Their answers go to the
 * ledger and not to the output.
 */
export class Probe {
  readonly #parts: ProbeParts;
  #answered = 0;
  #failed = 0;

  constructor(parts: ProbeParts) {
    this.#parts = parts;
  }

  /** The probe's rows, and then the run's own. */
  async *rows(own: AsyncIterable<readonly Row[]>): AsyncGenerator<readonly Row[]> {
    for await (const rows of this.#parts.source.rows()) yield rows.map((row) => ({ ...row, isProbe: true }));
    yield* own;
  }

  /** A step for the probe's rows, and another for the run's own. */
  apart<Out>(ofProbe: Step<Row, Out>, ofOwn: Step<Row, Out>): Step<Row, Out> {
    return (rows) => (rows[0]?.isProbe === true ? ofProbe(rows) : ofOwn(rows));
  }

  /** Merges settled rows, and keeps those of the probe. @returns the run's own */
  merged(ofProbe: Step<SettledRow, AnsweredRow>, ofOwn: Step<SettledRow, AnsweredRow>, kept: Kept) {
    return (settled: readonly SettledRow[]): readonly AnsweredRow[] => {
      const probes = settled.filter(({ row }) => row.isProbe === true);
      if (probes.length > 0) this.#keep(ofProbe(probes), kept);
      return ofOwn(settled.filter(({ row }) => row.isProbe !== true));
    };
  }

  /** @throws {InternalError} when a row of the probe has got lost */
  checkNoRowIsLost(): void {
    const { rowsRead } = this.#parts.counters;
    if (rowsRead === this.#answered + this.#failed) return;
    throw new InternalError(`${rowsRead} rows of the probe were read, and ${this.#answered + this.#failed} came back`);
  }

  /** What has changed since the run before. */
  summary({ ledger, run }: Pick<Kept, "ledger" | "run">): ProbeSummary {
    const { path, field, counters } = this.#parts;
    const previous = ledger.lastProbe(resolve(path), run.id);
    const change = new ProbeChange(this.#parts);
    if (previous !== undefined) for (const pair of ledger.probePairs(previous.runId, run.id)) change.add(pair);
    return {
      file: path,
      rows: counters.rowsRead,
      answered: this.#answered,
      failed: this.#failed,
      previous: previous === undefined ? null : before(previous),
      field,
      ...change.figures(),
    };
  }

  #keep(rows: readonly AnsweredRow[], { ledger, run, asked }: Kept): void {
    const { path, outputField } = this.#parts;
    const answers = rows.flatMap(({ row, added, failure }) => {
      const answer = added.find(({ name }) => name === outputField)?.json;
      return failure !== undefined || row.kind === "bad" || answer === undefined
        ? []
        : [{ row: hashOf(row.text), answer }];
    });
    this.#answered += answers.length;
    this.#failed += rows.length - answers.length;
    // A run that has no answers is none to compare with.
    if (answers.length > 0) ledger.keepProbe({ runId: run.id, name: resolve(path), asked }, answers);
  }
}

/** Where the answers go. */
interface Kept {
  readonly ledger: Ledger;
  readonly run: Run;
  /** Who is asked, for people. */
  readonly asked: string;
}

/** What makes the requests of a probe the run's alone. */
export function probeOccasion({ id }: Pick<Run, "id">): string {
  return `probe of run ${id}`;
}

/** Counts how answers have changed. */
class ProbeChange {
  readonly #parts: ProbeParts;
  readonly #pairs = new PairCounts();
  #compared = 0;
  #changed = 0;
  /** Of the rows with a number both times. */
  #shift = { rows: 0, sum: 0 };

  constructor(parts: ProbeParts) {
    this.#parts = parts;
  }

  add({ before, now }: { readonly before: string; readonly now: string }): void {
    const { field } = this.#parts;
    this.#compared++;
    if (!this.#isSame(before, now)) this.#changed++;
    const [was, is] = [valueAt(JSON.parse(before), field), valueAt(JSON.parse(now), field)];
    this.#pairs.add(was, is);
    const difference = numberIn(is) - numberIn(was);
    if (!Number.isFinite(difference)) return;
    this.#shift.rows++;
    this.#shift.sum += difference;
  }

  figures(): Pick<ProbeSummary, "compared" | "changed" | "mean_shift" | "kappa"> {
    const { rows, sum } = this.#shift;
    const found = this.#parts.statistics.agreementOf(this.#pairs);
    return {
      compared: this.#compared,
      changed: this.#changed,
      mean_shift: rows === 0 ? null : sum / rows,
      kappa: found?.figures.kappa ?? null,
    };
  }

  #isSame(before: string, now: string): boolean {
    // The schema may be another than the last time.
    if (before.startsWith("{") !== now.startsWith("{")) return false;
    const { fields } = combineAnswers([before, now], this.#parts);
    return fields.size === 0 ? before === now : [...fields.values()].every(({ share }) => share === 1);
  }
}

function before({ runId, asked, at }: { readonly runId: number; readonly asked: string; readonly at: number }) {
  return { run: runId, asked, at: new Date(at).toISOString() };
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest().subarray(0, 20).toString("base64url");
}

function numberIn(value: unknown): number {
  if (typeof value === "string" && value.trim() !== "") return Number(value);
  return typeof value === "number" ? value : Number.NaN;
}
