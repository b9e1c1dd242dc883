/** What went through a step of a pipeline. */
export interface StepSummary {
  readonly step: string;
  readonly in: number;
  readonly out: number;
  /** Left out by intent, and made of others. */
  readonly dropped: number;
  readonly added: number;
  /** Of those that came out, the ones that have failed, here or before. */
  readonly failed: number;
  /** The ledger's run, of a step that asks. */
  readonly run: number | null;
  readonly model: string | null;
}

/** A step's line in a summary for people. */
export function stepLine({ step, in: given, out, dropped, added, failed }: StepSummary, index: number): string {
  const parts = [
    `${n(given)} rows in, ${n(out)} out`,
    ...(dropped > 0 ? [`${n(dropped)} dropped`] : []),
    ...(added > 0 ? [`${n(added)} added`] : []),
    ...(failed > 0 ? [`${n(failed)} failed`] : []),
  ];
  return `${index === 0 ? "steps   " : "        "}  ${step}: ${parts.join(", ")}`;
}

function n(value: number): string {
  return value.toLocaleString("en-US");
}
