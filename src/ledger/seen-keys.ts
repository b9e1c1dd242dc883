import { DatabaseSync, type StatementSync } from "node:sqlite";

/** A set of keys of any size: SQLite's own temporary database, which spills to disk and is gone afterwards. */
export class SeenKeys {
  readonly #database = new DatabaseSync("");
  readonly #insert: StatementSync;

  constructor() {
    this.#database.exec("PRAGMA journal_mode = OFF; CREATE TABLE keys (key TEXT PRIMARY KEY) WITHOUT ROWID; BEGIN");
    this.#insert = this.#database.prepare("INSERT OR IGNORE INTO keys VALUES (?)");
  }

  /** @returns whether the key was not in it yet */
  add(key: string): boolean {
    return this.#insert.run(key).changes === 1;
  }

  close(): void {
    this.#database.close();
  }
}
