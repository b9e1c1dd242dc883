import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { isWorthRetrying } from "../../../src/core/failures.ts";
import type { Claim, Ledger } from "../../../src/ledger/ledger.ts";
import { usagePath } from "../../../src/stages/tell.ts";
import { isOver, isTurnedAway, type ServerBatch } from "./batch-server.ts";
import type { Execution } from "./execution.ts";
import type { PassingFailure } from "./outputs.ts";
import { keyOf } from "./questions.ts";
import type { World } from "./world.ts";

/** An hour, less the time that lies between letting a batch in and its creation. */
const ABOUT_AN_HOUR_MS = 50 * 60_000;

/** What was known of requests before they were claimed. */
interface BeforeClaim {
  readonly keys: readonly string[];
  readonly kinds: readonly string[];
}

/** Watches what is asked, and remembers whatever should not have been. */
export class Witness {
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #database: DatabaseSync;
  /** Batches that ask a request, since it was last settled. */
  readonly #asks = new Map<string, ServerBatch[]>();
  readonly complaints: string[] = [];

  constructor(world: World, ledger: Ledger) {
    this.#world = world;
    this.#ledger = ledger;
    this.#database = new DatabaseSync(join(ledger.directory, "ledger.db"), { readOnly: true });
  }

  complain(complaint: string): void {
    this.#world.note(`WRONG: ${complaint}`);
    this.complaints.push(complaint);
  }

  close(): void {
    this.#database.close();
  }

  /** How often a request was asked since it was last settled. */
  timesAsked(key: string): number {
    return (this.#asks.get(key) ?? []).filter((batch) => !isTurnedAway(batch)).length;
  }

  /** Runs that have not ended, and the processes that they belong to. */
  openRuns(): readonly { readonly id: number; readonly process: string }[] {
    const rows = this.#database.prepare("SELECT id, process FROM runs WHERE ended_at IS NULL").all();
    return rows.map(({ id, process }) => ({ id: Number(id), process: String(process) }));
  }

  beforeClaim(keys: unknown): BeforeClaim {
    const some = (keys as readonly string[]) ?? [];
    const states = this.#ledger.outcomes(some, { freshSince: 0 });
    const kinds = states.map((state) =>
      state.kind === "failed" && isWorthRetrying(state.failure.code) ? "failed for now" : state.kind,
    );
    return { keys: some, kinds };
  }

  /** A request that was settled and is claimed again begins anew. */
  onClaims(execution: Execution, { keys, kinds }: BeforeClaim, result: unknown): void {
    for (const [index, { kind }] of (result as readonly Claim[]).entries()) {
      const key = keys[index] ?? "";
      const before = kinds[index] ?? "";
      if (kind !== "new" || before === "unknown" || before === "pending") continue;
      this.#asks.delete(key);
      if (before === "failed for now" || isFresh(execution)) continue;
      this.complain(`${execution.label} claims ${key} as new, which is ${before}`);
    }
  }

  onCreated(batch: ServerBatch): void {
    const execution = this.#world.executions[batch.createdBy];
    if (execution === undefined) throw new Error(`${batch.id} was created by nobody`);
    this.#world.note(`${execution.label}: ${batch.id} created for ${batch.chunkName}: ${batch.keys.join(" ")}`);
    for (const key of batch.keys) this.#checkRequest(key, batch, execution);
    this.#checkLimits(batch, execution);
  }

  /** Checks that whoever leaves has written all rows before the first one that is not ready. */
  checkReadyRows({ stdout, rows, run, label }: Execution): void {
    const written = stdout.split("\n").length - 1;
    const next = rows[written];
    if (next === undefined) return;
    const key = keyOf(next);
    const [state] = key === undefined ? [] : this.#ledger.outcomes([key], { freshSince: run?.freshSince ?? 0 });
    if (state?.kind === "pending" || state?.kind === "unknown") return;
    this.complain(`${label} leaves without row ${written}, which is ready`);
  }

  /** Checks that nothing is given up early, and that only what was at work counts as a try. */
  checkTries({ label, wasAlone }: Execution, failures: readonly PassingFailure[]): void {
    const least = 1 + Math.min(...this.#world.executions.map(({ settings }) => settings.retries));
    for (const { question, code, tries } of failures) {
      if (code === "budget_exceeded") continue;
      if (tries < least) this.complain(`${label} gives ${question} up (${code}) after ${tries} tries`);
      const times = this.timesAsked(keyOf(question) ?? "");
      if (wasAlone && tries !== times)
        this.complain(`${label} says ${question} was asked ${tries} times, not ${times}`);
    }
  }

  /** Checks the events of usage: one for each batch whose results were collected, with what was paid for it. */
  checkUsage(): void {
    const path = usagePath(this.#ledger.directory);
    const lines = existsSync(path) ? readFileSync(path, "utf8").trimEnd().split("\n") : [];
    const events = lines.map((line) => JSON.parse(line));
    const told = new Set(events.map(({ batch_id }) => batch_id));
    if (told.size < events.length) this.complain("a batch has two events of usage");
    for (const { batch_id, requests } of events) {
      const paid = this.#world.server.batches.find(({ id }) => id === batch_id)?.paid;
      if (requests !== paid) this.complain(`${paid} replies of ${batch_id} were paid for, and ${requests} booked`);
    }
    for (const { id, chunkName, paid } of this.#world.server.batches) {
      const isCollected = this.#ledger.findChunk(chunkName)?.state === "settled";
      if (paid > 0 && isCollected && !told.has(id)) this.complain(`${id} was paid for, and is not booked`);
    }
  }

  #checkRequest(key: string, batch: ServerBatch, execution: Execution): void {
    const told = `${execution.label} asks ${key} in ${batch.id}`;
    const freshSince = this.#freshSinceOf(batch);
    const [state] = this.#ledger.outcomes([key], { freshSince });
    if (state?.kind === "answered") this.complain(`${told}, though the ledger holds its answer`);
    for (const earlier of this.#world.server.batches) {
      if (earlier === batch || isTurnedAway(earlier) || !earlier.keys.includes(key)) continue;
      if (!isOver(earlier)) this.complain(`${told}, though ${earlier.id} is ${earlier.status}`);
      else if (earlier.final.has(key) && !this.#isOlder(key, freshSince) && !this.#isSuperseded(key, earlier)) {
        this.complain(`${told}, though ${earlier.id} has answered it`);
      }
    }
    this.#checkAttempts(key, batch, told);
  }

  #checkAttempts(key: string, batch: ServerBatch, told: string): void {
    this.#asks.set(key, [...(this.#asks.get(key) ?? []), batch]);
    const times = this.timesAsked(key);
    const most = 1 + Math.max(...this.#world.executions.map(({ settings }) => settings.retries));
    if (times > most) this.complain(`${told} for the ${times}th time, with ${most} allowed`);
  }

  /** The age that answers must not have to count for whoever sealed the chunk: it is sent in again as it is. */
  #freshSinceOf({ chunkName }: ServerBatch): number {
    const runId = /^r(\d+)-/.exec(chunkName)?.[1] ?? "";
    return Number(this.#database.prepare("SELECT fresh_since FROM runs WHERE id = ?").get(runId)?.["fresh_since"]);
  }

  /** Whether what is known of a request is older than that. */
  #isOlder(key: string, freshSince: number): boolean {
    const settledAt = this.#database.prepare("SELECT settled_at FROM requests WHERE key = ?").get(key)?.["settled_at"];
    return typeof settledAt === "number" && settledAt < freshSince;
  }

  /**
   * Whether it was asked for afresh since: what came of that counts, be it a failure. Nor does a failure stand that a
   * fresh run has claimed to ask anew, and was killed.
   */
  #isSuperseded(key: string, { createdAt }: ServerBatch): boolean {
    const { server, executions } = this.#world;
    const wasClaimed = executions.some(
      ({ settings, startedAt, isDead }) => settings.fresh && isDead && startedAt > createdAt,
    );
    const wasAsked = server.batches.some(
      (later) => later.keys.includes(key) && isOver(later) && this.#freshSinceOf(later) > createdAt,
    );
    return wasAsked || wasClaimed;
  }

  /** Chunks of earlier executions are gone on with whatever the limits are now; only its own count. */
  #checkLimits(batch: ServerBatch, execution: Execution): void {
    const { maxBatches, batchesPerHour = Number.POSITIVE_INFINITY, tokenLimit } = execution.settings;
    const own = this.#world.server.batches.filter((other) => this.#isOwn(other, execution));
    const atWork = own.filter((other) => !isOver(other));
    const tokens = tokensOfAll(atWork);
    const limit = execution.tokenLimits.get(batch.chunkName) ?? Number.POSITIVE_INFINITY;
    const told = `${execution.label} creates ${batch.id} and`;
    if (atWork.length > 1 && tokens > limit) this.complain(`${told} has ${tokens} tokens at work, ${limit} allowed`);
    if (atWork.length > maxBatches) this.complain(`${told} has ${atWork.length} batches, ${maxBatches} allowed`);
    const asked = tokensOfAll(own.filter((other) => !isTurnedAway(other)));
    if (asked > (tokenLimit ?? asked)) this.complain(`${told} has asked with ${asked} tokens, ${tokenLimit} allowed`);
    const recent = own.filter(({ createdAt }) => createdAt > batch.createdAt - ABOUT_AN_HOUR_MS);
    // A chunk whose batch is lost on the way is created again without further ado.
    const chunks = new Set(recent.map(({ chunkName }) => chunkName)).size;
    if (chunks > batchesPerHour) this.complain(`${told} has created batches for ${chunks} chunks within an hour`);
  }

  /** Whether an execution has created a batch for a chunk that it has sealed itself. */
  #isOwn({ createdBy, chunkName }: ServerBatch, { number, startedAt }: Execution): boolean {
    return createdBy === number && (this.#ledger.findChunk(chunkName)?.createdAt ?? 0) >= startedAt;
  }
}

function tokensOfAll(batches: readonly ServerBatch[]): number {
  return batches.reduce((sum, { tokens }) => sum + tokens, 0);
}

function isFresh({ run }: Execution): boolean {
  return run !== undefined && run.freshSince > 0;
}
