import { CHUNK_ROWS, ROWS_THAT_FAIL_IN_MANY_WAYS as input } from "./rows.ts";
import type { WorldOptions } from "./world.ts";

/** Chunks of a few rows, few tries, and the smaller of the tokenizers. */
export const QUICK_FLAGS = ["--chunk-rows", `${CHUNK_ROWS}`, "--retries", "1", "--model", "gpt-4"];

const flags = [...QUICK_FLAGS, "--schema", "schema.json"];

/** From a file to a file, on an emulator that outlives every kill. */
export const FILES: WorldOptions = { input, flags: [...flags, "--meta"] };

/** From stdin to stdout, in the order of completion, on an emulator that dies with the run. */
export const PIPED: WorldOptions = {
  input,
  flags: [...flags, "--order", "completion"],
  isPiped: true,
  isEmbedded: true,
  isOrdered: false,
};

/** Submitted, left, and collected by later runs. */
export const DETACHED: WorldOptions = { input, flags: [...flags, "--detach"] };
