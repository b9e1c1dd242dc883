import { join } from "node:path";
import { Change } from "../core/concurrency.ts";
import type { BadRow, Failure, RequestRow, TextRow } from "../core/records.ts";
import type { Claim, Ledger, RequestState, Run } from "./ledger.ts";
import { emptySpools, Spool, type Ticket } from "./spool.ts";

/** A row whose fate is known. */
export type SettledRow =
  | { readonly row: TextRow | BadRow; readonly failure: Failure }
  | {
      readonly row: TextRow | BadRow;
      readonly key: string;
      readonly state: SettledState;
      /** Whether it was settled when the row came. */
      readonly isKnown?: true;
    };
export type SettledState = Extract<RequestState, { kind: "answered" | "failed" }>;

/** Where rows wait, on disk, until their requests are settled. */
export interface WaitingRoom {
  /** Takes rows in, with what the ledger said of their requests. */
  add(rows: readonly RequestRow[], claims: ReadonlyMap<string, Claim>): void;
  /** Says that requests may have been settled. */
  notify(): void;
  /** Says that no more rows will come and every request is settled. */
  end(): void;
  /** Says that the run leaves what is not settled by now to a later one: what is ready is let out, then `reason` thrown. */
  leave(reason: Error): void;
  /** The rows, as they become ready. */
  settled(signal: AbortSignal): AsyncGenerator<readonly SettledRow[]>;
  dispose(): void;
}

/** Lets rows out in the order of the input: a finished row waits on disk behind an unfinished one. */
export class InputOrderRoom implements WaitingRoom {
  readonly #ledger: Ledger;
  readonly #run: Run;
  readonly #spool: Spool;
  readonly #change = new Change();
  #leaving: Error | undefined;

  constructor(ledger: Ledger, run: Run) {
    this.#ledger = ledger;
    this.#run = run;
    clearRoom(ledger, run);
    this.#spool = new Spool(join(roomOf(ledger, run), "waiting"));
  }

  add(rows: readonly RequestRow[], claims: ReadonlyMap<string, Claim>): void {
    this.#spool.append(rows.map((row) => ticketOf(row, claims)));
  }

  notify(): void {
    this.#change.notify();
  }

  end(): void {
    this.#spool.end();
    this.#change.notify();
  }

  leave(reason: Error): void {
    this.#leaving = reason;
    this.end();
  }

  async *settled(signal: AbortSignal): AsyncGenerator<readonly SettledRow[]> {
    for await (const tickets of this.#spool.read(signal)) {
      let rest: readonly Ticket[] = tickets;
      while (rest.length > 0) {
        const looked = lookUp(this.#ledger, this.#run, rest);
        const open = looked.indexOf(undefined);
        const ready = (open === -1 ? looked : looked.slice(0, open)).filter((row) => row !== undefined);
        if (ready.length > 0) yield ready;
        rest = rest.slice(ready.length);
        if (ready.length > 0) continue;
        if (this.#leaving !== undefined) throw this.#leaving;
        await this.#change.next(signal);
      }
    }
    if (this.#leaving !== undefined) throw this.#leaving;
  }

  dispose(): void {
    this.#spool.dispose();
    clearRoom(this.#ledger, this.#run);
  }
}

/** Lets rows out as soon as they are ready, whatever their place in the input. */
export class CompletionOrderRoom implements WaitingRoom {
  readonly #ledger: Ledger;
  readonly #run: Run;
  readonly #change = new Change();
  /** Rows that were ready as they came. */
  #ready: Spool;
  #waiting: Spool;
  #spools = 0;
  #hasReady = false;
  #isDue = false;
  #isEnded = false;
  #leaving: Error | undefined;

  constructor(ledger: Ledger, run: Run) {
    this.#ledger = ledger;
    this.#run = run;
    clearRoom(ledger, run);
    this.#ready = this.#newSpool();
    this.#waiting = this.#newSpool();
  }

  add(rows: readonly RequestRow[], claims: ReadonlyMap<string, Claim>): void {
    const isReady = (row: RequestRow) => !("request" in row) || claims.get(row.request.key)?.kind === "settled";
    const ready = rows.filter(isReady);
    this.#ready.append(ready.map((row) => ticketOf(row, claims)));
    this.#waiting.append(rows.filter((row) => !isReady(row)).map((row) => ticketOf(row, claims)));
    if (ready.length === 0) return;
    this.#hasReady = true;
    this.#change.notify();
  }

  notify(): void {
    this.#isDue = true;
    this.#change.notify();
  }

  end(): void {
    this.#isEnded = true;
    this.notify();
  }

  leave(reason: Error): void {
    this.#leaving = reason;
    this.end();
  }

  async *settled(signal: AbortSignal): AsyncGenerator<readonly SettledRow[]> {
    for (;;) {
      const isLast = this.#isEnded;
      if (this.#hasReady) yield* this.#sweepReady(signal);
      if (this.#isDue) yield* this.#sweepWaiting(signal);
      if (isLast && this.#leaving !== undefined) throw this.#leaving;
      if (isLast) return;
      // The end may have come while it swept.
      if (!this.#isDue && !this.#hasReady && !this.#isEnded) await this.#change.next(signal);
    }
  }

  dispose(): void {
    this.#ready.dispose();
    this.#waiting.dispose();
    clearRoom(this.#ledger, this.#run);
  }

  async *#sweepReady(signal: AbortSignal): AsyncGenerator<readonly SettledRow[]> {
    this.#hasReady = false;
    const swept = this.#ready;
    this.#ready = this.#newSpool();
    yield* this.#sweep(swept, signal);
  }

  /** One pass over all that wait, at each chunk's end. The reader is a few chunks ahead, so a row meets few of them. */
  async *#sweepWaiting(signal: AbortSignal): AsyncGenerator<readonly SettledRow[]> {
    this.#isDue = false;
    const swept = this.#waiting;
    this.#waiting = this.#newSpool();
    yield* this.#sweep(swept, signal);
  }

  /** Lets out what is ready; the rest waits on. */
  async *#sweep(swept: Spool, signal: AbortSignal): AsyncGenerator<readonly SettledRow[]> {
    swept.end();
    try {
      for await (const tickets of swept.read(signal)) {
        const looked = lookUp(this.#ledger, this.#run, tickets);
        this.#waiting.append(tickets.filter((_, index) => looked[index] === undefined));
        const ready = looked.filter((row) => row !== undefined);
        if (ready.length > 0) yield ready;
      }
    } finally {
      swept.dispose();
    }
  }

  #newSpool(): Spool {
    return new Spool(join(roomOf(this.#ledger, this.#run), `waiting-${this.#spools++}`));
  }
}

function roomOf(ledger: Ledger, run: Run): string {
  return join(ledger.directory, "runs", `${run.id}`);
}

/** Also rids the disk of what a killed execution of the run has left there. */
function clearRoom(ledger: Ledger, run: Run): void {
  emptySpools(roomOf(ledger, run));
}

function ticketOf(row: RequestRow, claims: ReadonlyMap<string, Claim>): Ticket {
  if (!("request" in row)) return row;
  const { key } = row.request;
  return claims.get(key)?.kind === "settled" ? { row: row.row, key, isKnown: true } : { row: row.row, key };
}

/** What is known of each ticket; undefined for those that have to wait. */
function lookUp(ledger: Ledger, run: Run, tickets: readonly Ticket[]): readonly (SettledRow | undefined)[] {
  const keys = [...new Set(tickets.flatMap((ticket) => ("key" in ticket ? [ticket.key] : [])))];
  const outcomes = ledger.outcomes(keys, run);
  const states = new Map(outcomes.map((state, index) => [keys[index], state]));
  return tickets.map((ticket) => {
    if (!("key" in ticket)) return ticket;
    const state = states.get(ticket.key);
    return state?.kind === "answered" || state?.kind === "failed" ? { ...ticket, state } : undefined;
  });
}
