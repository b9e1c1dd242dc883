import type { DatabaseSync, StatementSync } from "node:sqlite";
import { textIn } from "./columns.ts";

/** The ledger's table of requests that were sent again with a reason, and so under another key. */
export class Reasks {
  readonly #insert: StatementSync;
  readonly #find: StatementSync;
  readonly #any: StatementSync;

  constructor(database: DatabaseSync) {
    this.#insert = database.prepare("INSERT OR IGNORE INTO reasks (chunk, sent_key, key) VALUES (?, ?, ?)");
    this.#find = database.prepare("SELECT key FROM reasks WHERE chunk = ? AND sent_key = ?");
    this.#any = database.prepare("SELECT 1 FROM reasks WHERE chunk = ? LIMIT 1");
  }

  /** Within a transaction. */
  add(chunkId: number, sentKey: string, key: string): void {
    this.#insert.run(chunkId, sentKey, key);
  }

  /** The key of the request that was sent as `sentKey`. */
  askedKey(chunkId: number, sentKey: string): string {
    const columns = this.#find.get(chunkId, sentKey);
    return columns === undefined ? sentKey : textIn(columns, "key");
  }

  /** Whether a chunk has any. */
  has(chunkId: number): boolean {
    return this.#any.get(chunkId) !== undefined;
  }
}
