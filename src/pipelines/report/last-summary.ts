import { z } from "zod";
import type { Distribution } from "../../core/scores/distribution.ts";
import { parseJsonWithUsd } from "../../pricing/usd-json.ts";
import type { Summary } from "../../report/summary.ts";
import { judgingShapes } from "./judging-shapes.ts";

/** What a run's summary tells a report. */
export interface LastSummary extends Pick<Summary, "rows" | "judging" | "pairs" | "labels" | "probe"> {
  readonly scores: readonly Distribution[];
  readonly seconds: number;
  /** Pico-dollars; null when it is not known. */
  readonly saved: bigint | null;
}

const counts = z.record(z.string(), z.number());
const amount = z.number().nullable();
const counted = { field: z.string(), answers: z.number(), absent: z.number() };
const numbers = z.object({
  ...counted,
  kind: z.enum(["integer", "number"]),
  mean: amount,
  min: amount,
  max: amount,
  quantiles: z
    .object({ p5: z.number(), p25: z.number(), p50: z.number(), p75: z.number(), p95: z.number() })
    .nullable(),
  exact: z.boolean(),
  bins: z.array(z.object({ from: z.number(), to: z.number(), count: z.number() })),
});
const categories = z.object({
  ...counted,
  kind: z.literal("category"),
  values: z.array(z.object({ value: z.union([z.string(), z.number(), z.boolean()]), count: z.number() })),
  others: z.number(),
});
const shape = z.object({
  rows: z.object({
    read: z.number(),
    written: z.number(),
    skipped: z.number(),
    answered: z.number(),
    repaired: z.number().default(0),
    failed: z.number(),
    failed_by_code: counts,
  }),
  // Older versions have written none.
  scores: z.array(z.union([numbers, categories])).default([]),
  ...judgingShapes,
  seconds: z.number(),
  // Of one step of several, that is not known.
  cost: z.object({ saved_usd: z.unknown() }).optional(),
});

/** Reads the summary of a run's last execution; undefined when it has left none that can be understood. */
export function readLastSummary(summary: string | null): LastSummary | undefined {
  const parsed = shape.safeParse(summary === null ? undefined : parse(summary));
  if (!parsed.success) return undefined;
  const { cost, ...told } = parsed.data;
  return { ...told, saved: typeof cost?.saved_usd === "bigint" ? cost.saved_usd : null };
}

function parse(text: string): unknown {
  try {
    return parseJsonWithUsd(text);
  } catch {
    return undefined;
  }
}
