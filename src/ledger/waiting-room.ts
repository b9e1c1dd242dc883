import { join } from "node:path";
import { Change } from "../core/concurrency.ts";
import type { BadRow, Failure, RequestRow, TextRow } from "../core/records.ts";
import { requestsByRow } from "../core/requests-by-row.ts";
import type { Claim, Ledger, RequestState, Run } from "./ledger.ts";
import { emptySpools, Spool, type Ticket, type TicketPart } from "./spool.ts";

/** A row whose fate is known. */
export type SettledRow =
  | ({ readonly row: TextRow | BadRow } & SettledPart)
  /** One that was asked several times. */
  | { readonly row: TextRow | BadRow; readonly parts: readonly SettledPart[] };

/** What became of one request of a row, or why it was not made. */
export type SettledPart =
  | { readonly failure: Failure }
  | {
      readonly key: string;
      readonly state: SettledState;
      /** Whether it was settled when the row came. */
      readonly isKnown?: true;
    };
export type SettledState = Extract<RequestState, { kind: "answered" | "failed" }>;

/** Where rows wait, on disk, until their requests are settled. */
export interface WaitingRoom {
  /**
   * Takes rows in, with what the ledger said of their requests. Neighbours that share one row object are the requests
   * of one row: it is let out once, when all of them are settled.
   */
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
    this.#spool.append(ticketsOf(rows, claims));
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
    const tickets = ticketsOf(rows, claims);
    const ready = tickets.filter(isReady);
    this.#ready.append(ready);
    this.#waiting.append(tickets.filter((ticket) => !isReady(ticket)));
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

function ticketsOf(rows: readonly RequestRow[], claims: ReadonlyMap<string, Claim>): readonly Ticket[] {
  return requestsByRow(rows).map((requests) => {
    const [{ row }] = requests;
    if (requests.length === 1) return { row, ...partOf(requests[0], claims) };
    return { row, parts: requests.map((one) => partOf(one, claims)) };
  });
}

function partOf(row: RequestRow, claims: ReadonlyMap<string, Claim>): TicketPart {
  if (!("request" in row)) return { failure: row.failure };
  const { key } = row.request;
  return claims.get(key)?.kind === "settled" ? { key, isKnown: true } : { key };
}

function isReady(ticket: Ticket): boolean {
  return partsOf(ticket).every((part) => "failure" in part || part.isKnown === true);
}

function partsOf(ticket: Ticket): readonly TicketPart[] {
  return "parts" in ticket ? ticket.parts : [ticket];
}

/** What is known of each ticket; undefined for those that have to wait. */
function lookUp(ledger: Ledger, run: Run, tickets: readonly Ticket[]): readonly (SettledRow | undefined)[] {
  const parts = tickets.flatMap(partsOf);
  const keys = [...new Set(parts.flatMap((part) => ("key" in part ? [part.key] : [])))];
  const outcomes = ledger.outcomes(keys, run);
  const states = new Map(outcomes.map((state, index) => [keys[index], state]));
  return tickets.map((ticket) => settledRow(ticket, states));
}

type States = ReadonlyMap<string | undefined, RequestState>;

function settledRow(ticket: Ticket, states: States): SettledRow | undefined {
  const { row } = ticket;
  if (!("parts" in ticket)) {
    const part = settledPart(ticket, states);
    return part && { row, ...part };
  }
  const parts = ticket.parts.map((part) => settledPart(part, states)).filter((part) => part !== undefined);
  return parts.length === ticket.parts.length ? { row, parts } : undefined;
}

function settledPart(part: TicketPart, states: States): SettledPart | undefined {
  if ("failure" in part) return { failure: part.failure };
  const { key, isKnown } = part;
  const state = states.get(key);
  if (state?.kind !== "answered" && state?.kind !== "failed") return undefined;
  return isKnown === true ? { key, state, isKnown } : { key, state };
}
