import type { ChunkLimits } from "../core/chunk-limits.ts";
import type { Clock } from "../core/clock.ts";
import type { Mode } from "../core/mode.ts";
import { ChunkFile, type NewLine, newChunkName } from "./chunk-file.ts";
import type { Chunk, Ledger, Run } from "./ledger.ts";

/** Whose chunks they are, and for whom. */
export interface ChunkOrigin {
  readonly ledger: Ledger;
  readonly run: Run;
  /** The provider's identity. */
  readonly provider: string;
  readonly endpoint: string;
  readonly model: string;
  /** Which key pays: the first 8 hex digits of its SHA-256. */
  readonly apiKeyId?: string | undefined;
  /** How requests are asked, at the moment; through batches when undefined. */
  readonly mode?: () => Mode;
  /** Whether the model's price is known. */
  readonly isPriced?: boolean;
  /** Input tokens of each request beside its own; 0 when undefined. */
  readonly overheadTokens?: number;
  readonly clock: Clock;
}

/** So that what is read ahead of the calls stays little. */
const LIVE_REQUESTS = 256;

/** The chunks that are being filled: one, or as many as there shall be in all, in turn. */
export class OpenChunks {
  readonly #origin: ChunkOrigin;
  readonly #files: (ChunkFile | undefined)[];
  #limits: ChunkLimits;
  #turn = 0;

  constructor(origin: ChunkOrigin, limits: ChunkLimits) {
    this.#origin = origin;
    this.#limits = limits;
    this.#files = Array.from({ length: limits.count ?? 1 }, () => undefined);
  }

  /** Adds a request's line. @returns the chunks that are full by it, or had to be sealed to make room for it */
  add(line: NewLine): readonly Chunk[] {
    const slot = this.#turn++ % this.#files.length;
    const sealed = this.#fits(this.#files[slot], line) ? [] : this.#seal(slot);
    const { ledger, run, clock } = this.#origin;
    const file = this.#files[slot] ?? new ChunkFile(ledger.directory, newChunkName(run.id, clock.now()));
    this.#files[slot] = file;
    file.add(line);
    return file.lines.length < this.#mostRequests ? sealed : [...sealed, ...this.#seal(slot)];
  }

  /** @returns all that held any request */
  sealAll(): readonly Chunk[] {
    return this.#files.flatMap((_, slot) => this.#seal(slot));
  }

  /** For a provider that takes fewer tokens at once than was believed. */
  lowerTokenLimit(tokens: number): void {
    this.#limits = { ...this.#limits, tokens: Math.min(this.#limits.tokens, tokens) };
  }

  /** Deletes what was not sealed. */
  discard(): void {
    for (const file of this.#files) file?.discard();
  }

  get #mostRequests(): number {
    const { requests } = this.#limits;
    return this.#origin.mode?.() === "live" ? Math.min(LIVE_REQUESTS, requests) : requests;
  }

  #fits(file: ChunkFile | undefined, { line, tokens }: NewLine): boolean {
    if (file === undefined) return true;
    const bytes = file.bytes + Buffer.byteLength(line) + 1;
    const tokensOfAll = file.tokens + tokens + this.#overheadOf(file.lines.length + 1);
    return bytes <= this.#limits.bytes && tokensOfAll <= this.#limits.tokens;
  }

  #seal(slot: number): readonly Chunk[] {
    const file = this.#files[slot];
    if (file === undefined) return [];
    this.#files[slot] = undefined;
    file.finish();
    const { name, bytes, lines } = file;
    const { ledger, run, provider, endpoint, model, mode = () => "batch", apiKeyId, isPriced } = this.#origin;
    const requests = lines.length;
    const overheadTokens = this.#overheadOf(requests);
    const tokens = file.tokens + overheadTokens;
    const money = {
      ...(isPriced === true ? { estimatedCost: file.estimatedCost } : {}),
      ...(apiKeyId === undefined ? {} : { apiKeyId }),
    };
    const facts = { provider, endpoint, model, mode: mode() } as const;
    const chunk = { runId: run.id, name, ...facts, requests, bytes, tokens, overheadTokens, ...money };
    return [ledger.seal(chunk, lines)];
  }

  #overheadOf(requests: number): number {
    return requests * (this.#origin.overheadTokens ?? 0);
  }
}
