import { closeSync, mkdirSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { NewLine } from "./chunk-file.ts";
import type { ChunkLine, Claim, Ledger, Run } from "./ledger.ts";

const KEYS_AT_A_TIME = 256;

/** Requests that another process is asking: their lines wait on disk, in memory is only where. */
export class DeferredRequests {
  readonly #ledger: Ledger;
  readonly #run: Run;
  readonly #path: string;
  #descriptor: number | undefined;
  #size = 0;
  #places: ChunkLine[] = [];

  constructor(ledger: Ledger, run: Run) {
    this.#ledger = ledger;
    this.#run = run;
    this.#path = join(ledger.directory, "runs", `${run.id}`, "deferred.jsonl");
  }

  get isEmpty(): boolean {
    return this.#places.length === 0;
  }

  add({ line, ...request }: NewLine): void {
    this.#descriptor ??= openNew(this.#path);
    const bytes = Buffer.from(line);
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#descriptor, bytes, done, null, this.#size + done);
    this.#places.push({ ...request, offset: this.#size, length: bytes.length });
    this.#size += bytes.length;
  }

  /** Claims once more what is still being asked elsewhere. @returns those that are not any longer */
  *claimAgain(): Generator<{ readonly request: NewLine; readonly claim: Claim }> {
    const places = this.#places;
    this.#places = [];
    for (let start = 0; start < places.length; start += KEYS_AT_A_TIME) {
      const group = places.slice(start, start + KEYS_AT_A_TIME);
      const claims = this.#ledger.claim(
        group.map(({ key }) => key),
        this.#run,
      );
      for (const [index, place] of group.entries()) {
        const claim = claims[index];
        if (claim === undefined || claim.kind === "elsewhere") this.#places.push(place);
        else yield { request: { ...place, line: this.#read(place) }, claim };
      }
    }
  }

  dispose(): void {
    if (this.#descriptor === undefined) return;
    closeSync(this.#descriptor);
    rmSync(this.#path, { force: true });
  }

  #read({ offset, length }: ChunkLine): string {
    const line = Buffer.allocUnsafe(length);
    if (this.#descriptor !== undefined) readSync(this.#descriptor, line, 0, length, offset);
    return line.toString();
  }
}

function openNew(path: string): number {
  mkdirSync(join(path, ".."), { recursive: true });
  return openSync(path, "w+");
}
