import type { ChunkLimits } from "../core/chunk-limits.ts";
import type { Clock } from "../core/clock.ts";
import type { Mode } from "../core/mode.ts";
import { type OverheadTokens, overheadOf } from "../core/overhead-tokens.ts";
import { ChunkFile, type NewLine, newChunkName } from "./chunk-file.ts";
import type { Chunk, Ledger, Run } from "./ledger.ts";

/** Whose chunks they are, and for whom. */
export interface ChunkOrigin {
  readonly ledger: Ledger;
  readonly run: Run;
  /** The provider's identity. */
  readonly provider: string;
  readonly endpoint: string;
  /** The model of lines that name none. */
  readonly model: string;
  /** Which key pays: the first 8 hex digits of its SHA-256. */
  readonly apiKeyId?: string | undefined;
  /** How requests are asked, at the moment; through batches when undefined. */
  readonly mode?: () => Mode;
  /** Whether the price of what is asked is known, as far as its estimates say. */
  readonly isPriced?: boolean;
  /** Input tokens of each request beside its own; 0 when undefined. */
  readonly overheadTokens?: OverheadTokens;
  readonly clock: Clock;
}

/** So that what is read ahead of the calls stays little. */
const LIVE_REQUESTS = 256;
/** Chunks that may be open at a time, each with a file; with more models, the one that has waited longest is sealed. */
const MAX_OPEN = 500;

/**
 * The chunks that are being filled: for each model one, or as many as there shall be in all, in turn. A batch asks one
 * model only.
 */
export class OpenChunks {
  readonly #origin: ChunkOrigin;
  /** By model, the one that was added to last at the end. */
  readonly #slots = new Map<string, ModelSlots>();
  #limits: ChunkLimits;

  constructor(origin: ChunkOrigin, limits: ChunkLimits) {
    this.#origin = origin;
    this.#limits = limits;
  }

  /** Adds a request's line. @returns the chunks that are full by it, or had to be sealed to make room for it */
  add(line: NewLine): readonly Chunk[] {
    const model = line.model ?? this.#origin.model;
    const evicted = this.#slots.has(model) ? [] : this.#makeRoom();
    const slots = this.#slots.get(model) ?? { model, files: this.#emptySlots(), turn: 0 };
    this.#slots.delete(model);
    this.#slots.set(model, slots);
    return [...evicted, ...this.#addTo(slots, line)];
  }

  /** @returns all that held any request */
  sealAll(): readonly Chunk[] {
    return [...this.#slots.values()].flatMap((slots) => this.#sealSlots(slots));
  }

  /** For a provider that takes fewer tokens at once than was believed. */
  lowerTokenLimit(tokens: number): void {
    this.#limits = { ...this.#limits, tokens: Math.min(this.#limits.tokens, tokens) };
  }

  /** Deletes what was not sealed. */
  discard(): void {
    for (const { files } of this.#slots.values()) for (const file of files) file?.discard();
  }

  #addTo(slots: ModelSlots, line: NewLine): readonly Chunk[] {
    const slot = slots.turn++ % slots.files.length;
    const sealed = this.#fits(slots, slot, line) ? [] : this.#seal(slots, slot);
    const { ledger, run, clock } = this.#origin;
    const file = slots.files[slot] ?? new ChunkFile(ledger.directory, newChunkName(run.id, clock.now()));
    slots.files[slot] = file;
    file.add(line);
    return file.lines.length < this.#mostRequests ? sealed : [...sealed, ...this.#seal(slots, slot)];
  }

  get #mostRequests(): number {
    const { requests } = this.#limits;
    return this.#origin.mode?.() === "live" ? Math.min(LIVE_REQUESTS, requests) : requests;
  }

  #emptySlots(): ModelSlots["files"] {
    return Array.from({ length: this.#limits.count ?? 1 }, () => undefined);
  }

  #makeRoom(): readonly Chunk[] {
    const [oldest] = this.#slots.values();
    if (oldest === undefined || (this.#slots.size + 1) * oldest.files.length <= MAX_OPEN) return [];
    this.#slots.delete(oldest.model);
    return this.#sealSlots(oldest);
  }

  #fits({ model, files }: ModelSlots, slot: number, { line, tokens }: NewLine): boolean {
    const file = files[slot];
    if (file === undefined) return true;
    const bytes = file.bytes + Buffer.byteLength(line) + 1;
    const tokensOfAll = file.tokens + tokens + this.#overheadOf(model, file.lines.length + 1);
    return bytes <= this.#limits.bytes && tokensOfAll <= this.#limits.tokens;
  }

  #sealSlots(slots: ModelSlots): readonly Chunk[] {
    return slots.files.flatMap((_, slot) => this.#seal(slots, slot));
  }

  #seal({ model, files }: ModelSlots, slot: number): readonly Chunk[] {
    const file = files[slot];
    if (file === undefined) return [];
    files[slot] = undefined;
    file.finish();
    const { name, bytes, lines } = file;
    const { ledger, run, provider, endpoint, mode = () => "batch", apiKeyId, isPriced } = this.#origin;
    const requests = lines.length;
    const overheadTokens = this.#overheadOf(model, requests);
    const tokens = file.tokens + overheadTokens;
    const money = {
      ...(isPriced === true && file.isEstimated ? { estimatedCost: file.estimatedCost } : {}),
      ...(apiKeyId === undefined ? {} : { apiKeyId }),
    };
    const facts = { provider, endpoint, model, mode: mode() } as const;
    const chunk = { runId: run.id, name, ...facts, requests, bytes, tokens, overheadTokens, ...money };
    return [ledger.seal(chunk, lines)];
  }

  #overheadOf(model: string, requests: number): number {
    return requests * overheadOf(this.#origin.overheadTokens, model);
  }
}

/** The chunks of one model, and which of them is next. */
interface ModelSlots {
  readonly model: string;
  readonly files: (ChunkFile | undefined)[];
  turn: number;
}
