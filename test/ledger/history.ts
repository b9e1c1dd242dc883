import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { chunkPath } from "../../src/ledger/chunk-file.ts";
import type { Chunk, RecordedOutcome, Run } from "../../src/ledger/ledger.ts";
import { resultFileNames } from "../../src/ledger/result-files.ts";
import { INVALID, LedgerBench, RETRIES, sqliteBackEnd } from "./harness.ts";

const HOUR = 3_600_000;
const KEYS = ["a", "b", "c", "d", "e", "f"];

/** Something that happens to a ledger. */
export type Happening =
  | { readonly kind: "open"; readonly isFresh: boolean }
  | { readonly kind: "ask"; readonly run: number; readonly keys: readonly string[] }
  | { readonly kind: "send" | "collect" | "settle"; readonly chunk: number; readonly fates: readonly Fate[] }
  | { readonly kind: "end"; readonly run: number; readonly how: "killed" | "finished" | "unfinished" | "cancelled" }
  | { readonly kind: "wait"; readonly hours: number };
type Fate = "answered" | "refused" | "invalid" | "silence";

const index = fc.nat({ max: 20 });
const fates = fc.array(fc.constantFrom<Fate>("answered", "answered", "refused", "invalid", "silence"), {
  minLength: KEYS.length,
  maxLength: KEYS.length,
});

/** Any happenings; those that make no sense where they come do nothing. */
export const happenings: fc.Arbitrary<readonly Happening[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("open" as const), isFresh: fc.boolean() }),
    fc.record({ kind: fc.constant("ask" as const), run: index, keys: fc.subarray(KEYS, { minLength: 1 }) }),
    fc.record({ kind: fc.constantFrom("send", "collect", "settle", "settle"), chunk: index, fates }),
    fc.record({
      kind: fc.constant("end" as const),
      run: index,
      how: fc.constantFrom("killed", "finished", "finished", "unfinished", "cancelled"),
    }),
    fc.record({ kind: fc.constant("wait" as const), hours: fc.integer({ min: 1, max: 40 }) }),
  ),
  { minLength: 10, maxLength: 60 },
);

/** A ledger to which things have happened, with the files that belong to them. No run of it is live at the end. */
export class History {
  readonly bench = new LedgerBench(sqliteBackEnd);
  readonly #live = new Map<number, Run>();
  readonly #chunks: Chunk[] = [];
  #signatures = 0;

  async take(all: readonly Happening[]): Promise<this> {
    for (const one of all) await this.#take(one);
    for (const run of this.#live.values()) this.bench.kill(run);
    return this;
  }

  async #take(happening: Happening): Promise<void> {
    if (happening.kind === "open") this.#open(happening.isFresh);
    else if (happening.kind === "wait") await this.bench.clock.advance(happening.hours * HOUR);
    else if (happening.kind === "ask") this.#ask(happening.keys, pick([...this.#live.values()], happening.run));
    else if (happening.kind === "end") this.#end(happening.how, pick([...this.#live.values()], happening.run));
    else this.#advance(happening.kind, happening.fates, pick(this.#chunksOfLive(), happening.chunk));
  }

  #open(isFresh: boolean): void {
    const run = this.bench.run(`s${this.#signatures++}`, { isFresh });
    this.#live.set(run.id, run);
  }

  #ask(keys: readonly string[], run: Run | undefined): void {
    if (run === undefined) return;
    const claims = this.bench.ledger.claim(keys, run);
    const mine = keys.filter((_, at) => claims[at]?.kind === "new");
    for (const claim of claims) if (claim.kind === "inChunk") this.#chunks.push(this.bench.ledger.chunk(claim.chunkId));
    if (mine.length === 0) return;
    const chunk = this.bench.seal(run, ...mine);
    writeFileSync(chunkPath(this.bench.directory, chunk.name), mine.join());
    this.#chunks.push(chunk);
  }

  #advance(kind: "send" | "collect" | "settle", outcomes: readonly Fate[], chunk: Chunk | undefined): void {
    if (chunk === undefined) return;
    const { ledger } = this.bench;
    if (chunk.state === "sealed") this.bench.moveTo(chunk, "submitted");
    else if (kind !== "send" && chunk.state === "submitted") {
      writeFileSync(this.#resultPath(chunk), "results");
      this.bench.moveTo(chunk, "fetched");
    } else if (kind === "settle" && chunk.state === "fetched") {
      const recorded = KEYS.flatMap((key, at) => this.#outcome(chunk, key, outcomes[at] ?? "silence"));
      ledger.record(chunk.id, recorded, RETRIES);
      this.bench.settle(chunk);
      ledger.markCleaned(chunk.id);
    }
  }

  #outcome(chunk: Chunk, key: string, fate: Fate): readonly RecordedOutcome[] {
    const result = this.bench.result(chunk);
    if (fate === "answered") return [{ key, kind: "answered", result }];
    if (fate === "refused") return [{ key, kind: "failed", failure: { code: "refused", message: "no" }, result }];
    if (fate === "invalid") return [{ key, kind: "retry", failure: INVALID, reply: { result, reason: "no grade" } }];
    return [];
  }

  #end(how: "killed" | "finished" | "unfinished" | "cancelled", run: Run | undefined): void {
    if (run === undefined) return;
    this.#live.delete(run.id);
    const end = { exitStatus: how === "finished" ? 0 : 75, isFinished: how !== "unfinished" };
    if (how === "killed") this.bench.kill(run);
    else this.bench.ledger.closeRun(run.id, end);
  }

  #chunksOfLive(): readonly Chunk[] {
    const chunks = [...new Set(this.#chunks.map(({ id }) => id))].map((id) => this.bench.ledger.chunk(id));
    return chunks.filter(({ runId, state }) => this.#live.has(runId) && state !== "settled");
  }

  #resultPath(chunk: Chunk): string {
    return join(this.bench.directory, "results", resultFileNames(chunk).output);
  }
}

function pick<T>(items: readonly T[], at: number): T | undefined {
  return items[at % Math.max(1, items.length)];
}
