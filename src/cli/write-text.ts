import type { Writable } from "node:stream";
import { outputErrorOf } from "../io/output-error.ts";

/**
 * Writes a text to stdout or stderr and waits until it is out.
 *
 * @throws {OutputError} when it cannot be written, `ClosedOutputError` when the reader has gone
 */
export function writeText(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (error) reject(outputErrorOf(error, "the output"));
      else resolve();
    });
  });
}
