import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { costOf } from "../../src/pricing/cost.ts";
import { findPrice, parsePrices } from "../../src/pricing/price-table.ts";
import { parseJsonWithUsd } from "../../src/pricing/usd-json.ts";
import type { CostsReport } from "../../src/report/costs.ts";
import type { Summary } from "../../src/report/summary.ts";
import { linesOf, type Sandbox } from "./support.ts";

const TABLE = fileURLToPath(new URL("../../config/prices.yaml", import.meta.url));
const prices = parsePrices(readFileSync(TABLE, "utf8"), TABLE);

/** A request that an emulator has billed. */
interface BilledLine {
  /** Null for a live call. */
  readonly custom_id: string | null;
  readonly batch_id: string | null;
  readonly model: string;
  readonly usage: {
    readonly input_tokens: number;
    readonly input_tokens_details: { readonly cached_tokens: number };
    readonly output_tokens: number;
    readonly output_tokens_details: { readonly reasoning_tokens: number };
  };
  readonly request: string;
}

/** What an emulator has billed so far, request by request. */
export class Bill {
  readonly lines: readonly BilledLine[];

  /** @param directory The emulator's, in the sandbox. */
  constructor(sandbox: Sandbox, directory = "state/external") {
    this.lines = linesOf(sandbox.read(join(directory, "billing.jsonl"))).map((line): BilledLine => JSON.parse(line));
  }

  /** Of some of the requests, in pico-dollars, by the table of prices that comes with bg-pipe. */
  costOf(isMeant: (line: BilledLine) => boolean = () => true): bigint {
    return this.lines.filter(isMeant).reduce((sum, line) => sum + priceOf(line), 0n);
  }

  get cost(): bigint {
    return this.costOf();
  }

  get tokens() {
    const sumOf = (tokens: (line: BilledLine) => number) => this.lines.reduce((sum, line) => sum + tokens(line), 0);
    return { input: sumOf(({ usage }) => usage.input_tokens), output: sumOf(({ usage }) => usage.output_tokens) };
  }

  /** Requests that differ. */
  get distinct(): number {
    return new Set(this.lines.map(({ request }) => request)).size;
  }
}

function priceOf({ model, usage, batch_id: batch }: BilledLine): bigint {
  const { input_tokens: input, output_tokens: output } = usage;
  const { cached_tokens: cached } = usage.input_tokens_details;
  const { reasoning_tokens: reasoning } = usage.output_tokens_details;
  const counts = { input, cached, output, reasoning, cacheWritten: 0 };
  const cost = costOf(counts, findPrice(prices, model)?.price, batch === null ? "live" : "batch");
  if (cost === undefined) throw new Error(`nobody knows what ${model} costs`);
  return cost;
}

/** A line of `usage.jsonl`, its money exact. */
export interface UsageEvent {
  readonly run_id: number;
  readonly chunk_id: string;
  readonly batch_id: string | null;
  readonly model: string;
  readonly api_key_id: string | null;
  readonly requests: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly total_tokens: number;
  readonly cost_usd: bigint | null;
  readonly estimated_cost_usd: bigint | null;
}

export function usageEvents(sandbox: Sandbox): readonly UsageEvent[] {
  return linesOf(sandbox.read("state/bg-pipe/usage.jsonl")).map((line) => parseJsonWithUsd(line) as UsageEvent);
}

/** @throws {Error} when some cost is not known */
export function sumOf(costs: readonly { readonly cost_usd: bigint | null }[]): bigint {
  return costs.reduce((sum, { cost_usd: cost }) => {
    if (cost === null) throw new Error("a cost is not known");
    return sum + cost;
  }, 0n);
}

/** What `costs --json` says, its money exact. */
export async function costsOf(sandbox: Sandbox, ...args: readonly string[]): Promise<CostsReport> {
  const { status, stdout, stderr } = await sandbox.run(["costs", "--json", ...args]);
  if (status !== 0) throw new Error(`costs ended with ${status}: ${stderr}`);
  return parseJsonWithUsd(stdout) as CostsReport;
}

/** A summary that `--summary` has written, its money exact. */
export function summaryIn(sandbox: Sandbox, name = "summary.json"): Summary {
  return parseJsonWithUsd(sandbox.read(name)) as Summary;
}
