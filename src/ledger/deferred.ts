import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { NewLine } from "./chunk-file.ts";
import { type Columns, numberIn, textIn } from "./columns.ts";
import type { Claim, Ledger, Run } from "./ledger.ts";

const KEYS_AT_A_TIME = 256;

/**
 * Requests that another process is asking, kept in case it dies: in SQLite's own temporary database, which spills to
 * disk. Each key once.
 */
export class DeferredRequests {
  readonly #ledger: Ledger;
  readonly #run: Run;
  readonly #database = new DatabaseSync("");
  readonly #insert: StatementSync;
  readonly #page: StatementSync;
  readonly #delete: StatementSync;
  #count = 0;

  constructor(ledger: Ledger, run: Run) {
    this.#ledger = ledger;
    this.#run = run;
    this.#database.exec(
      `PRAGMA journal_mode = OFF;
       CREATE TABLE deferred (key TEXT PRIMARY KEY, tokens INTEGER, origin TEXT, line TEXT, model TEXT) WITHOUT ROWID`,
    );
    this.#insert = this.#database.prepare("INSERT OR IGNORE INTO deferred VALUES (?, ?, ?, ?, ?)");
    this.#page = this.#database.prepare("SELECT * FROM deferred WHERE key > ? ORDER BY key LIMIT ?");
    this.#delete = this.#database.prepare("DELETE FROM deferred WHERE key = ?");
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  add({ key, tokens, origin, line, model }: NewLine): void {
    this.#count += Number(this.#insert.run(key, tokens, origin, line, model ?? null).changes);
  }

  /** Claims once more what is still being asked elsewhere. @returns those that are not any longer */
  *claimAgain(): Generator<{ readonly request: NewLine; readonly claim: Claim }> {
    for (let after = ""; ; ) {
      const page = this.#page.all(after, KEYS_AT_A_TIME).map(lineOf);
      const keys = page.map(({ key }) => key);
      const claims = this.#ledger.claim(keys, this.#run);
      for (const [index, request] of page.entries()) {
        const claim = claims[index];
        if (claim === undefined || claim.kind === "elsewhere") continue;
        this.#delete.run(request.key);
        this.#count--;
        yield { request, claim };
      }
      after = keys.at(-1) ?? "";
      if (page.length < KEYS_AT_A_TIME) return;
    }
  }

  dispose(): void {
    this.#database.close();
  }
}

function lineOf(columns: Columns): NewLine {
  return {
    key: textIn(columns, "key"),
    tokens: numberIn(columns, "tokens"),
    origin: textIn(columns, "origin"),
    line: textIn(columns, "line"),
    ...(columns["model"] === null ? {} : { model: textIn(columns, "model") }),
  };
}
