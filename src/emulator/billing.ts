import { hash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { AppendLog } from "./append-log.ts";

const entry = z.object({
  custom_id: z.string().nullable(),
  batch_id: z.string().nullable(),
  endpoint: z.string(),
  model: z.string(),
  usage: z.object({ input_tokens: z.number(), output_tokens: z.number() }),
  /** Hash of endpoint and body: what makes two requests the same. */
  request: z.string(),
});

/** One billed request, as a line of `billing.jsonl`. */
export type BillingEntry = z.infer<typeof entry>;

/** What was billed on a directory. `requests` above `distinct` means that something was asked and paid for twice. */
export interface BillingTotals {
  readonly requests: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly distinct: number;
  /** How many of the requests were not part of a batch. */
  readonly live: number;
}

/** Every answered request, once per batch and live call it was answered in (`billing.jsonl`). */
export class BillingLog {
  readonly #log: AppendLog;

  constructor(directory: string) {
    this.#log = new AppendLog(join(directory, "billing.jsonl"));
  }

  append(entries: readonly BillingEntry[]): void {
    this.#log.append(entries.map((one) => JSON.stringify(one)));
  }

  async totals(): Promise<BillingTotals> {
    const totals = { requests: 0, input_tokens: 0, output_tokens: 0, live: 0 };
    const seen = new Set<string>();
    for await (const found of this.#entries()) {
      totals.requests++;
      if (found.batch_id === null) totals.live++;
      totals.input_tokens += found.usage.input_tokens;
      totals.output_tokens += found.usage.output_tokens;
      seen.add(found.request);
    }
    return { ...totals, distinct: seen.size };
  }

  /** How many requests of a batch are billed already: where a batch goes on after its worker was killed. */
  async countOf(batchId: string): Promise<number> {
    let count = 0;
    for await (const lines of this.#log.read()) {
      for (const line of lines) if (line.includes(batchId) && parseEntry(line)?.batch_id === batchId) count++;
    }
    return count;
  }

  async *#entries(): AsyncGenerator<BillingEntry> {
    for await (const lines of this.#log.read()) {
      for (const line of lines) {
        const found = parseEntry(line);
        if (found !== undefined) yield found;
      }
    }
  }
}

/** The `request` of a billing entry. */
export function requestHash(endpoint: string, canonicalBody: string): string {
  return hash("sha256", `${endpoint}\n${canonicalBody}`, "hex").slice(0, 32);
}

/** @returns undefined for a line that was cut off by a kill */
function parseEntry(line: string): BillingEntry | undefined {
  try {
    return entry.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
