import { z } from "zod";

/*
 * What a stored summary tells of judges, pairs, labels and probes. Older versions have told none of it; what cannot be
 * understood is left out of a report, and takes nothing else with it.
 */

const estimate = z.object({ value: z.number(), low: z.number().nullable(), high: z.number().nullable() }).nullable();
const value = z.union([z.number(), z.string(), z.boolean()]);

const judging = z.object({
  judges: z.array(
    z.object({
      model: z.string(),
      samples: z.number(),
      answered: z.number(),
      failed: z.number(),
      replies_billed: z.number(),
      billed_usd: z.bigint().nullable(),
    }),
  ),
  rows_agreed: z.number(),
  rows_disagreed: z.number(),
  rows_tied: z.number(),
  rows_partly: z.number(),
});

const pairs = z.object({ consistent: z.number(), inconsistent: z.number() });

const labels = z.object({
  label: z.string(),
  answer: z.string().nullable(),
  compared: z.number(),
  without_label: z.number(),
  without_answer: z.number(),
  scale: z.enum(["nominal", "ordinal"]).nullable(),
  same_scale: z.boolean().nullable(),
  values: z.array(value).nullable(),
  confusion: z.array(z.array(z.number())).nullable(),
  accuracy: estimate,
  kappa: estimate,
  kappa_linear: estimate,
  kappa_quadratic: estimate,
  spearman: estimate,
  bootstrap: z.object({ resamples: z.number(), confidence: z.number() }),
});

const probe = z.object({
  file: z.string(),
  rows: z.number(),
  answered: z.number(),
  failed: z.number(),
  previous: z.object({ run: z.number(), asked: z.string(), at: z.string() }).nullable(),
  compared: z.number(),
  changed: z.number(),
  field: z.string().nullable(),
  mean_shift: z.number().nullable(),
  kappa: estimate,
});

/** Fields of a summary, each null where there is nothing. */
export const judgingShapes = {
  judging: judging.nullable().catch(null),
  pairs: pairs.nullable().catch(null),
  labels: labels.nullable().catch(null),
  probe: probe.nullable().catch(null),
};
