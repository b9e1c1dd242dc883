import { DatabaseSync, type StatementSync } from "node:sqlite";
import { textIn } from "./columns.ts";

/** Where each of any number of names was met first: SQLite's own temporary database, which spills to disk. */
export class FirstPlaces {
  readonly #database = new DatabaseSync("");
  readonly #insert: StatementSync;
  readonly #find: StatementSync;

  constructor() {
    this.#database.exec(
      "PRAGMA journal_mode = OFF; CREATE TABLE names (name TEXT PRIMARY KEY, place TEXT) WITHOUT ROWID; BEGIN",
    );
    this.#insert = this.#database.prepare("INSERT OR IGNORE INTO names VALUES (?, ?)");
    this.#find = this.#database.prepare("SELECT place FROM names WHERE name = ?");
  }

  /** @returns where the name was met before; undefined for a new one, which is remembered */
  add(name: string, place: string): string | undefined {
    if (this.#insert.run(name, place).changes === 1) return undefined;
    return textIn(this.#find.get(name) ?? {}, "place");
  }

  close(): void {
    this.#database.close();
  }
}
