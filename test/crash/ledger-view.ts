import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

interface UsageEvent {
  readonly chunk_id: string;
  readonly requests: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
}

/** What was spent, as far as it came back. */
export interface ToldUsage extends Omit<UsageEvent, "chunk_id"> {
  /** Whether a chunk is told of more than once. */
  readonly hasDoubles: boolean;
}

/** What lies in a state directory, seen from outside. */
export class LedgerView {
  readonly #directory: string;

  constructor(stateDirectory: string) {
    this.#directory = stateDirectory;
  }

  /** How many chunks are in each state. */
  chunkStates(): Readonly<Record<string, number>> {
    return this.#counts("SELECT state, count(*) AS count FROM chunks GROUP BY state");
  }

  /** How many runs have come to their end. */
  finishedRuns(): number {
    return (
      this.#counts("SELECT 'finished' AS state, count(*) AS count FROM runs WHERE is_finished = 1")["finished"] ?? 0
    );
  }

  /** Files that are of use only while a run is under way. */
  workingFiles(): readonly string[] {
    const names = existsSync(this.#directory)
      ? readdirSync(this.#directory, { recursive: true, encoding: "utf8" })
      : [];
    return names.filter((name) => /^chunks\/|^runs\/.*\.spool$|\.part$/.test(name)).sort();
  }

  /** What the file of usage events tells of all chunks together. */
  toldUsage(): ToldUsage {
    const path = join(this.#directory, "usage.jsonl");
    const lines = existsSync(path)
      ? readFileSync(path, "utf8")
          .split("\n")
          .filter((line) => line !== "")
      : [];
    const events = lines.map((line): UsageEvent => JSON.parse(line));
    const total = (field: "requests" | "input_tokens" | "output_tokens") =>
      events.reduce((sum, event) => sum + event[field], 0);
    return {
      requests: total("requests"),
      input_tokens: total("input_tokens"),
      output_tokens: total("output_tokens"),
      hasDoubles: new Set(events.map(({ chunk_id }) => chunk_id)).size < events.length,
    };
  }

  #counts(query: string): Readonly<Record<string, number>> {
    const path = join(this.#directory, "ledger.db");
    if (!existsSync(path)) return {};
    const database = new DatabaseSync(path);
    try {
      const counts = database.prepare(query).all();
      return Object.fromEntries(counts.map(({ state, count }) => [String(state), Number(count)]));
    } finally {
      database.close();
    }
  }
}
