import { DatabaseSync, type StatementSync } from "node:sqlite";
import { type Columns, numberIn, textIn } from "./columns.ts";

/** Where a result line lies: the file's number, offset and length in bytes. */
export interface ResultPlace {
  readonly file: number;
  readonly offset: number;
  readonly length: number;
}

/**
 * Where the result of each `custom_id` lies, for files of any size: in SQLite's own temporary database, which spills to
 * disk and is gone afterwards.
 */
export class ResultIndex {
  readonly #database = new DatabaseSync("");
  readonly #insert: StatementSync;
  readonly #find: StatementSync;
  readonly #use: StatementSync;
  readonly #count: StatementSync;

  constructor() {
    this.#database.exec(
      `PRAGMA journal_mode = OFF;
       CREATE TABLE results (id TEXT PRIMARY KEY, file INTEGER, place INTEGER, length INTEGER, worth INTEGER,
                             used INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
       BEGIN`,
    );
    this.#insert = this.#database.prepare(
      `INSERT INTO results (id, file, place, length, worth) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET file = excluded.file, place = excluded.place, length = excluded.length,
       worth = excluded.worth WHERE excluded.worth > worth`,
    );
    this.#find = this.#database.prepare("SELECT * FROM results WHERE id IN (SELECT value FROM json_each(?))");
    this.#use = this.#database.prepare("UPDATE results SET used = 1 WHERE used = 0 AND id = ?");
    this.#count = this.#database.prepare("SELECT COUNT(*) AS lines, TOTAL(used) AS used FROM results");
  }

  /** Adds a line. Of several for the same request the worthiest stays, and among equals the first. */
  add(customId: string, { file, offset, length }: ResultPlace, worth: number): void {
    this.#insert.run(customId, file, offset, length, worth);
  }

  /** Where the results of these requests lie; those that have none are left out. */
  find(customIds: readonly string[]): ReadonlyMap<string, ResultPlace> {
    const rows = this.#find.all(JSON.stringify(customIds));
    for (const row of rows) this.#use.run(textIn(row, "id"));
    return new Map(rows.map((row) => [textIn(row, "id"), placeIn(row)]));
  }

  /** Requests that have a result, and how many of them were looked for. */
  counts(): { readonly requests: number; readonly found: number } {
    const row = this.#count.get() ?? {};
    return { requests: numberIn(row, "lines"), found: numberIn(row, "used") };
  }

  close(): void {
    this.#database.close();
  }
}

function placeIn(columns: Columns): ResultPlace {
  return { file: numberIn(columns, "file"), offset: numberIn(columns, "place"), length: numberIn(columns, "length") };
}
