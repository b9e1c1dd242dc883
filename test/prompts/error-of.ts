import { BgPipeError } from "../../src/core/errors.ts";

/** The error that a call throws, which has to be one of bg-pipe's own. */
export function errorOf(call: () => unknown): BgPipeError {
  try {
    call();
  } catch (error) {
    if (error instanceof BgPipeError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
