import { type Backoff, nextDelay } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import type { Patience } from "../core/patience.ts";
import type { FailureCode } from "../core/records.ts";
import { ChunkFileReader, type NewLine, removeChunkFile } from "./chunk-file.ts";
import type { Chunk, InvalidReply, Ledger, Run, UnaskedRequest } from "./ledger.ts";

export interface SecondTriesOptions {
  readonly ledger: Ledger;
  readonly run: Run;
  /** The wait before requests are asked again. */
  readonly backoff: Backoff;
  /** Makes the line of a request that is asked again with a reason; undefined when it is asked as it was. */
  readonly reask: Reask;
  readonly patience: Patience;
  readonly clock: Clock;
}

/** Makes a request's line anew, with the last reply and what is wrong with it. */
export type Reask = (line: NewLine, reply: InvalidReply, isReask: boolean) => NewLine | undefined;

const UNASKED_AT_A_TIME = 500;
/** What a request is called that a batch of that status has left open. */
const UNSETTLED: Readonly<Record<string, FailureCode>> = {
  expired: "expired",
  cancelled: "cancelled",
  failed: "server_error",
};

/** Settled chunks with requests to ask again, each after a pause. */
export class SecondTries {
  readonly #options: SecondTriesOptions;
  readonly #times = new Map<number, number>();

  constructor(options: SecondTriesOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#times.size === 0;
  }

  /** When the next chunk is due, in milliseconds since the Unix epoch. */
  get nextAt(): number {
    return Math.min(...this.#times.values());
  }

  /** Takes a settled chunk. One of which all is settled is done with, and its file goes. */
  add(chunk: Chunk): void {
    const { ledger, clock, backoff } = this.#options;
    const [unasked] = ledger.unasked(chunk.id, -1, 1);
    if (unasked === undefined) removeChunkFile(ledger.directory, chunk.name);
    else this.#times.set(chunk.id, clock.now() + nextDelay(backoff, Math.max(0, unasked.attempts - 1)));
  }

  /** The lines to ask now, claimed. Who waits no longer asks all of them at once. */
  *due(): Generator<NewLine> {
    const { clock, patience } = this.#options;
    const now = patience.isOver ? Number.POSITIVE_INFINITY : clock.now();
    const due = [...this.#times].filter(([, time]) => time <= now).map(([chunkId]) => chunkId);
    for (const chunkId of due) yield* this.#linesOf(chunkId);
  }

  /** A line as it is to be asked, whatever was replied to it. */
  lineFor(line: NewLine, reply: InvalidReply | undefined, isReask = false): NewLine {
    return (reply && this.#options.reask(line, reply, isReask)) ?? line;
  }

  *#linesOf(chunkId: number): Generator<NewLine> {
    const { ledger } = this.#options;
    this.#times.delete(chunkId);
    const { name, model, batchStatus } = ledger.chunk(chunkId);
    const unsettled = UNSETTLED[batchStatus ?? ""] ?? "missing_result";
    const reader = new ChunkFileReader(ledger.directory, name);
    try {
      for (let after = -1; ; ) {
        const requests = ledger.unasked(chunkId, after, UNASKED_AT_A_TIME);
        for (const request of this.#claimed(requests)) {
          yield { ...this.#lineOf({ request, model }, reader), reason: request.code ?? unsettled };
        }
        after = requests.at(-1)?.offset ?? after;
        if (requests.length < UNASKED_AT_A_TIME) return;
      }
    } finally {
      reader.close();
      removeChunkFile(ledger.directory, name);
    }
  }

  /** A row that came by meanwhile may have put its request into a chunk itself. */
  #claimed(requests: readonly UnaskedRequest[]): readonly UnaskedRequest[] {
    const { ledger, run } = this.#options;
    const keys = requests.map(({ key }) => key);
    const claims = ledger.claim(keys, run);
    return requests.filter((_, index) => claims[index]?.kind === "new");
  }

  #lineOf({ request, model }: UnaskedLine, reader: ChunkFileReader): NewLine {
    const { key, tokens, origin, reply, isReask, ...place } = request;
    return this.lineFor({ key, tokens, origin, model, line: reader.read(place) }, reply, isReask);
  }
}

/** A request to ask again, and the model that its chunk asks. */
interface UnaskedLine {
  readonly request: UnaskedRequest;
  readonly model: string;
}
