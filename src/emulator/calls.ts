import { join } from "node:path";
import { AppendLog } from "./append-log.ts";

/** How often each API operation was called, over all processes and restarts on a directory: `calls.log`. */
export class CallLog {
  readonly #log: AppendLog;

  constructor(directory: string) {
    this.#log = new AppendLog(join(directory, "calls.log"));
  }

  /** Records a call before it is carried out, so that a killed one shows too. */
  record(operation: string): void {
    this.#log.append([operation]);
  }

  /** Calls by operation, such as `POST /v1/files` or `GET /v1/batches/:id`. */
  async totals(): Promise<Record<string, number>> {
    const totals = new Map<string, number>();
    for await (const lines of this.#log.read()) {
      for (const line of lines) if (line !== "") totals.set(line, (totals.get(line) ?? 0) + 1);
    }
    return Object.fromEntries([...totals].sort());
  }
}
