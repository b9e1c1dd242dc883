import { UsageError } from "../../core/errors.ts";
import type { PlannedStep } from "./plan.ts";

/**
 * Refuses steps that would put two answers into one field: the second would find it taken, when the first is paid for.
 *
 * @throws {UsageError} naming both steps
 */
export function refuseSharedFields(steps: readonly PlannedStep[]): void {
  let owners: ReadonlyMap<string, string> = new Map();
  for (const step of steps) owners = step.kind === "ask" ? withAnswer(owners, step) : ownersAfter(owners, step);
}

type Asking = PlannedStep & { kind: "ask" };

function withAnswer(owners: ReadonlyMap<string, string>, { label, settings }: Asking): ReadonlyMap<string, string> {
  const { outputField } = settings;
  const owner = owners.get(outputField);
  if (owner === undefined) return new Map([...owners, [outputField, label]]);
  throw new UsageError(`${label} would put its answer into "${outputField}", where that of ${owner} is`, {
    hint: "Give one of them another output-field, or drop or rename the field between them.",
  });
}

/** What code of others makes of fields is not known. */
function ownersAfter(
  owners: ReadonlyMap<string, string>,
  { step }: PlannedStep & { kind: "rows" },
): ReadonlyMap<string, string> {
  if (step.isForeign === true) return new Map();
  const after = new Map<string, string>();
  for (const [name, label] of owners) {
    const now = step.nameAfter(name);
    if (now !== undefined) after.set(now, label);
  }
  return after;
}
