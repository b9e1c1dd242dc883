import { ConfigurationError } from "../core/errors.ts";
import { unknownName } from "../core/registry.ts";

/**
 * What a fault befalls: a call of any operation, the content of a file on its way, what was just made and is looked
 * for, a line of a batch's result files, the way a batch ends, or what is said of it then.
 */
export type FaultKind = "call" | "content" | "look" | "line" | "ending" | "report";

/** Every fault there is, all of them seen with the real API or with what stands before it. See docs/emulator.md. */
export const FAULTS = {
  rate_limit: "call",
  server_error: "call",
  bad_gateway: "call",
  overloaded: "call",
  reset_before: "call",
  reset_after: "call",
  hang: "call",
  body_hang: "content",
  body_drip: "content",
  body_cut: "content",
  body_short: "content",
  lag: "look",
  line_lost: "line",
  line_doubled: "line",
  line_in_both_files: "line",
  line_corrupt: "line",
  line_foreign: "line",
  line_status_0: "line",
  line_rate_limited: "line",
  line_server_error: "line",
  line_invalid_answer: "line",
  line_cut_off: "line",
  line_refusal: "line",
  line_content_filter: "line",
  batch_expires: "ending",
  batch_cancelled: "ending",
  batch_fails: "ending",
  file_not_found: "ending",
  counts_lie: "report",
  empty_file_ids: "report",
} as const satisfies Record<string, FaultKind>;

export type FaultName = keyof typeof FAULTS;

/** The names of the faults of one kind. */
export type FaultOf<Kind extends FaultKind> = {
  [Name in FaultName]: (typeof FAULTS)[Name] extends Kind ? Name : never;
}[FaultName];

/** How often each fault strikes, 0 to 1. `all` holds for every fault that is not named itself. */
export type FaultRates = Readonly<Partial<Record<FaultName | "all", number>>>;

/** What is counted at `GET /emulator/faults`: the faults, and the two limits that a batch may run into. */
export type StrikeName = FaultName | "token_limit_exceeded" | "insufficient_quota";

/**
 * Checks rates as a user gives them.
 *
 * @throws {ConfigurationError} for a name that no fault has, naming the nearest, and for a rate outside 0 to 1
 */
export function checkFaultRates(given: Readonly<Record<string, unknown>>): FaultRates {
  return Object.fromEntries(Object.entries(given).map(([name, rate]) => [known(name), checked(name, rate)]));
}

/** The rate of every fault that has one above 0. */
export function faultRates({ all = 0, ...rates }: FaultRates): ReadonlyMap<FaultName, number> {
  const each = faultNames.map((name) => [name, rates[name] ?? all] as const);
  return new Map(each.filter(([, rate]) => rate > 0));
}

const faultNames = Object.keys(FAULTS) as readonly FaultName[];

function known(name: string): string {
  const names = [...faultNames, "all"];
  if (!names.includes(name)) throw unknownName("fault", name, names);
  return name;
}

function checked(name: string, rate: unknown): number {
  if (typeof rate === "number" && rate >= 0 && rate <= 1) return rate;
  throw new ConfigurationError(`fault ${name} has the rate ${JSON.stringify(rate)}, which is no number from 0 to 1`, {
    hint: `Write ${name}=0.1 for one in ten, ${name}=1 for every one.`,
  });
}
