import type { Chunk } from "../ledger/ledger.ts";
import { ask } from "../stages/ask.ts";
import type { ChunkStage } from "../stages/chunk.ts";
import type { LiveOptions } from "./live-asking.ts";

export interface RunLiveOptions extends LiveOptions {
  readonly chunkStage: ChunkStage;
  /** Told when outcomes have been filed. */
  readonly onFiled: () => void;
  readonly onSettled: (chunk: Chunk) => void;
}

/** Takes a live chunk from wherever it is to its end. When patience ends first, it is parked where it is. */
export async function runLive(chunk: Chunk, options: RunLiveOptions): Promise<void> {
  const settled = await ask(chunk, options);
  if (settled.state !== "settled") return options.chunkStage.onParked(settled);
  options.chunkStage.onSettled(settled);
  options.onSettled(settled);
}
