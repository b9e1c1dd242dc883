import type { Calendar } from "../core/calendar.ts";
import type { BookedRun, Books, UnderWay } from "../ledger/books.ts";
import type { CostGroup, CostsReport } from "../report/costs.ts";
import { CostSums } from "./costs/cost-sums.ts";
import { type EndedRun, GroupedSums } from "./costs/groups.ts";
import { savingOf } from "./costs/savings.ts";

/** What to take of the books. Times in milliseconds since epoch. */
export interface CostsQuestion {
  readonly stateDir: string;
  readonly groups: readonly CostGroup[];
  /** From then on, or up to then (exclusive), or both; undefined for all time. */
  readonly window: TimeWindow | undefined;
  readonly calendar: Calendar;
  readonly now: number;
}

export interface TimeWindow {
  readonly since: number | undefined;
  readonly until: number | undefined;
}

/** Adds up what a ledger's books say was spent, and what its runs say the ledger saved. @param books undefined for no ledger */
export function takeCosts(books: Books | undefined, question: CostsQuestion): CostsReport {
  const sums = new BookSums(question);
  if (books === undefined) return sums.report(NOTHING, false);
  return books.snapshot(() => {
    for (const account of books.accounts()) sums.add(account);
    for (const run of books.runs()) sums.addRun(run);
    return sums.report(books.underWay(), true);
  });
}

const NOTHING: UnderWay = { batches: 0, requests: 0, tokens: 0, estimatedCost: 0n, unpriced: 0 };

/** All sums of a report, filled in one pass. */
class BookSums {
  readonly #question: CostsQuestion;
  readonly #today: string;
  readonly #allTime = new CostSums();
  readonly #ofToday = new CostSums();
  readonly #ofWindow = new CostSums();
  readonly #groups: readonly GroupedSums[];
  readonly #labels = new Map<number, string>();

  constructor(question: CostsQuestion) {
    const { calendar, groups, now } = question;
    this.#question = question;
    this.#today = calendar.dayOf(now);
    this.#groups = groups.map((group) => new GroupedSums(group, calendar.dayOf));
  }

  add(account: Parameters<CostSums["add"]>[0]): void {
    for (const sums of this.#sumsAt(account.settledAt)) sums.add(account);
    if (this.#isInside(account.settledAt)) for (const group of this.#groups) group.add(account);
  }

  addRun(run: BookedRun): void {
    this.#labels.set(run.id, run.label);
    const saving = savingOf(run);
    if (saving === undefined || run.endedAt === null) return;
    const ended: EndedRun = { id: run.id, endedAt: run.endedAt, saving };
    for (const sums of this.#sumsAt(ended.endedAt)) sums.addSaving(saving);
    if (this.#isInside(ended.endedAt)) for (const group of this.#groups) group.addSaving(ended);
  }

  report({ batches, requests, tokens, estimatedCost, unpriced }: UnderWay, hasLedger: boolean): CostsReport {
    const { stateDir, calendar, window } = this.#question;
    return {
      state_dir: stateDir,
      ledger: hasLedger,
      time_zone: calendar.timeZone,
      all_time: this.#allTime.figures(true),
      today: this.#ofToday.figures(true),
      window: window === undefined ? null : { ...bounds(window), ...this.#ofWindow.figures(true) },
      under_way: {
        batches,
        requests,
        estimated_input_tokens: tokens,
        estimated_cost_usd: unpriced === 0 ? estimatedCost : null,
      },
      ...this.#grouped(),
    };
  }

  #grouped(): Partial<CostsReport> {
    const grouped: Partial<CostsReport> = {};
    for (const group of this.#groups) Object.assign(grouped, group.report(this.#labels));
    return grouped;
  }

  #sumsAt(time: number): readonly CostSums[] {
    const isOfToday = this.#question.calendar.dayOf(time) === this.#today;
    return [this.#allTime, ...(isOfToday ? [this.#ofToday] : []), ...(this.#isInside(time) ? [this.#ofWindow] : [])];
  }

  #isInside(time: number): boolean {
    const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = this.#question.window ?? {};
    return time >= since && time < until;
  }
}

function bounds({ since, until }: TimeWindow) {
  const iso = (time: number | undefined) => (time === undefined ? null : new Date(time).toISOString());
  return { since: iso(since), until: iso(until) };
}
