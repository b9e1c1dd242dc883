import { parseDuration } from "../config/units.ts";
import { UsageError } from "../core/errors.ts";
import type { TimeWindow } from "../pipelines/take-costs.ts";

/** What `--since` and `--until` say. */
export interface GivenWindow {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly isUtc: boolean;
  /** Milliseconds since epoch. */
  readonly now: number;
}

/**
 * The time from one to the other; a day that `--until` names is in it.
 *
 * @returns undefined when neither is given
 * @throws {UsageError} for what is no time, or when nothing is between them
 */
export function parseWindow({ since, until, ...given }: GivenWindow): TimeWindow | undefined {
  if (since === undefined && until === undefined) return undefined;
  const window = {
    since: since === undefined ? undefined : parseTime(since, { ...given, name: "--since", daysOn: 0 }),
    until: until === undefined ? undefined : parseTime(until, { ...given, name: "--until", daysOn: 1 }),
  };
  if ((window.since ?? Number.NEGATIVE_INFINITY) < (window.until ?? Number.POSITIVE_INFINITY)) return window;
  throw new UsageError(`--since ${since} is not before --until ${until}`);
}

interface Reading extends Pick<GivenWindow, "isUtc" | "now"> {
  readonly name: string;
  /** Days to add to a day. */
  readonly daysOn: number;
}

function parseTime(text: string, reading: Reading): number {
  const time = agoOf(text, reading) ?? dayOf(text, reading) ?? instantOf(text, reading);
  if (time !== undefined) return time;
  throw new UsageError(`${reading.name} has to be a day, a time or how long ago, not ${JSON.stringify(text)}`, {
    hint: "Such as 2026-11-21, 2026-11-21T09:30, 2026-11-21T09:30:00Z, 7d or 12h.",
  });
}

/** Without a unit a number is more likely a mistake than seconds. */
function agoOf(text: string, { now }: Reading): number | undefined {
  const seconds = /[a-z]$/i.test(text) ? parseDuration(text) : undefined;
  const time = now - (seconds ?? Number.NaN) * 1000;
  return isTime(time) ? time : undefined;
}

const DAY = /^\d{4}-\d\d-\d\d$/;
const INSTANT = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?$/;

/** The day's beginning, or that of the next. */
function dayOf(text: string, { isUtc, daysOn }: Reading): number | undefined {
  if (!DAY.test(text) || !isDay(text)) return undefined;
  const date = new Date(isUtc ? `${text}T00:00:00Z` : `${text}T00:00:00`);
  return isUtc ? date.setUTCDate(date.getUTCDate() + daysOn) : date.setDate(date.getDate() + daysOn);
}

function instantOf(text: string, { isUtc }: Reading): number | undefined {
  const [, day, zone] = INSTANT.exec(text) ?? [];
  if (day === undefined || !isDay(day)) return undefined;
  const time = Date.parse(zone === undefined && isUtc ? `${text}Z` : text);
  return isTime(time) ? time : undefined;
}

/** Whether it is a number of milliseconds that a date can have. */
function isTime(time: number): boolean {
  return !Number.isNaN(new Date(time).getTime());
}

/** 30 February is none. */
function isDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`);
  return isTime(time) && new Date(time).toISOString().startsWith(text);
}
