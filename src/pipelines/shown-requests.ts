import type { Writable } from "node:stream";
import { UsageError } from "../core/errors.ts";
import type { RequestRow } from "../core/records.ts";
import { StreamOutput } from "../io/output.ts";
import type { GradeSettings } from "./settings.ts";

/** The bodies of the first requests that a dry run would make, each once, as they would go out. */
export class ShownRequests {
  readonly #limit: number;
  readonly #bodies = new Map<string, string>();

  /** @throws {UsageError} when requests are to be shown by a run that makes them */
  constructor({ show = 0, dryRun }: Pick<GradeSettings, "show" | "dryRun">) {
    if (show > 0 && !dryRun) {
      throw new UsageError("--show is for a dry run", { hint: "Add --dry-run: then nothing is sent." });
    }
    this.#limit = show;
  }

  /** Passes rows on, and keeps the first requests. */
  see(rows: readonly RequestRow[]): readonly RequestRow[] {
    for (const row of this.#bodies.size < this.#limit ? rows : []) {
      if ("request" in row && this.#bodies.size < this.#limit) this.#bodies.set(row.request.key, row.request.bodyText);
    }
    return rows;
  }

  /** Writes them as JSON Lines. */
  async write(stdout: Writable): Promise<void> {
    if (this.#bodies.size === 0) return;
    const output = new StreamOutput(stdout);
    for (const body of this.#bodies.values()) await output.write(`${body}\n`);
    await output.commit();
  }
}
