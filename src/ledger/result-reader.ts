import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { ConfigurationError, messageOf } from "../core/errors.ts";
import type { Ledger, ResultLocation } from "./ledger.ts";

const MAX_OPEN_FILES = 16;

/** Reads result lines where they lie in the files that were downloaded. */
export class ResultReader {
  readonly #ledger: Ledger;
  /** Open descriptors by file number, least recently used first. */
  readonly #open = new Map<number, number>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** The text of a result line. @throws {ConfigurationError} when the file is no longer there */
  read({ fileId, offset, length }: ResultLocation): string {
    const bytes = Buffer.allocUnsafe(length);
    const count = readSync(this.#descriptorOf(fileId), bytes, 0, length, offset);
    if (count < length) throw this.#lost(fileId, "it has become shorter");
    return bytes.toString();
  }

  close(): void {
    for (const descriptor of this.#open.values()) closeSync(descriptor);
    this.#open.clear();
  }

  #descriptorOf(fileId: number): number {
    const known = this.#open.get(fileId);
    const descriptor = known ?? this.#openFile(fileId);
    this.#open.delete(fileId);
    this.#open.set(fileId, descriptor);
    return descriptor;
  }

  #openFile(fileId: number): number {
    for (const [oldest, descriptor] of this.#open) {
      if (this.#open.size < MAX_OPEN_FILES) break;
      closeSync(descriptor);
      this.#open.delete(oldest);
    }
    try {
      return openSync(join(this.#ledger.directory, "results", this.#ledger.resultFile(fileId).name), "r");
    } catch (error) {
      throw this.#lost(fileId, messageOf(error));
    }
  }

  #lost(fileId: number, why: string): ConfigurationError {
    const { name } = this.#ledger.resultFile(fileId);
    return new ConfigurationError(`answers in the ledger cannot be read: results/${name}: ${why}`, {
      hint: "Put the file back into --state-dir, or ask everything again with --fresh.",
    });
  }
}
