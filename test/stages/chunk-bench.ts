import { readFileSync } from "node:fs";
import type { ChunkLimits } from "../../src/core/chunk-limits.ts";
import { keyOf } from "../../src/core/keys.ts";
import type { RequestRow } from "../../src/core/records.ts";
import { chunkPath } from "../../src/ledger/chunk-file.ts";
import {
  CHUNK_STATES,
  type Chunk,
  type ChunkState,
  type Claim,
  type RecordedOutcome,
} from "../../src/ledger/ledger.ts";
import type { WaitingRoom } from "../../src/ledger/waiting-room.ts";
import { ChunkStage } from "../../src/stages/chunk.ts";
import type { StageBench } from "./support.ts";

const WIDE: ChunkLimits = { requests: 1000, bytes: 1_000_000, tokens: Number.POSITIVE_INFINITY, count: undefined };

/** A waiting room that only remembers who came. */
export class Register implements WaitingRoom {
  readonly rows: RequestRow[] = [];
  readonly claims: (string | undefined)[] = [];
  /** Why it was left, if it was. */
  reason: Error | undefined;

  add(rows: readonly RequestRow[], claims: ReadonlyMap<string, Claim>): void {
    this.rows.push(...rows);
    this.claims.push(...rows.map((row) => ("request" in row ? claims.get(row.request.key)?.kind : undefined)));
  }

  notify(): void {}
  end(): void {}
  leave(reason: Error): void {
    this.reason = reason;
  }
  async *settled(): AsyncGenerator<never> {}
  dispose(): void {}
}

/** The stage, with a waiting room that lets nobody out. */
export function stageOf(bench: StageBench, limits: Partial<ChunkLimits> = {}, overheadTokens = 0) {
  const waitingRoom = new Register();
  const { ledger, run, counters, clock, log, signal, reask, patience } = bench;
  const stage = new ChunkStage({
    ...{ ledger, run, counters, clock, log, signal, waitingRoom, reask, patience },
    ...{ provider: "fake", endpoint: bench.endpoint.path, model: "model-1" },
    limits: { ...WIDE, ...limits },
    overheadTokens,
    backoff: { firstMs: 1_000, factor: 2, maxMs: 60_000, jitter: 0 },
  });
  return { stage, waitingRoom };
}

export async function* arraysOf(...arrays: (readonly RequestRow[])[]) {
  yield* arrays;
}

export type Fate = "answered" | "retry" | "invalid" | "nothing";

const BROKEN = { code: "server_error", message: "500" } as const;
const INVALID = { code: "invalid_answer", message: "no grade in it" } as const;

/** Takes a chunk through its life, each request to its fate. */
export function live(bench: StageBench, chunk: Chunk, fateOf: (question: string) => Fate = () => "answered"): Chunk {
  const { ledger, retries } = bench;
  reach(bench, chunk, "fetched");
  const fileId = ledger.addResultFile(`${chunk.name}.output.jsonl`, chunk.id);
  const result = { fileId, offset: 0, length: 1 };
  const outcomes = linesIn(bench, chunk).flatMap(({ customId, question }): RecordedOutcome[] => {
    const key = keyOf(customId) ?? "";
    const fate = fateOf(question);
    if (fate === "answered") return [{ key, kind: "answered", result }];
    if (fate === "retry") return [{ key, kind: "retry", failure: BROKEN }];
    return fate === "nothing" ? [] : [{ key, kind: "retry", failure: INVALID, reply: { result, reason: "no grade" } }];
  });
  ledger.record(chunk.id, outcomes, retries);
  return ledger.settle(chunk.id, { failure: { code: "expired", message: "late" }, retries, isAttempt: true });
}

/** Moves a chunk on to a state. */
export function reach({ ledger }: StageBench, { id }: Chunk, state: ChunkState): Chunk {
  const [reached, wanted] = [CHUNK_STATES.indexOf(ledger.chunk(id).state), CHUNK_STATES.indexOf(state)];
  for (const step of CHUNK_STATES.slice(reached + 1, wanted + 1)) ledger.advance(id, step);
  return ledger.chunk(id);
}

/** What is asked in a chunk, in the order of its lines. */
export function questionsIn(bench: StageBench, chunk: Chunk): string[] {
  return linesIn(bench, chunk).map(({ question }) => question);
}

export function linesIn(bench: StageBench, chunk: Chunk): { customId: string; question: string }[] {
  const lines = readFileSync(chunkPath(bench.ledger.directory, chunk.name), "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const { custom_id: customId, body } = JSON.parse(line);
    return { customId, question: body.messages[0].content };
  });
}
