import { afterEach, describe, expect, test } from "vitest";
import { parseWindow } from "../../src/cli/time-window.ts";
import { calendarOf } from "../../src/core/calendar.ts";
import { UsageError } from "../../src/core/errors.ts";

const NOW = Date.UTC(2026, 10, 21, 9, 30);
const HOUR = 3_600_000;
const zone = process.env["TZ"];

function inZone(name: string): void {
  process.env["TZ"] = name;
}

afterEach(() => {
  if (zone === undefined) delete process.env["TZ"];
  else process.env["TZ"] = zone;
});

function since(text: string, isUtc = false): string {
  return iso(parseWindow({ since: text, isUtc, now: NOW })?.since);
}

function until(text: string, isUtc = false): string {
  return iso(parseWindow({ until: text, isUtc, now: NOW })?.until);
}

function iso(time: number | undefined): string {
  return time === undefined ? "none" : new Date(time).toISOString();
}

describe("a day", () => {
  test("is that of the time zone, or of UTC", () => {
    inZone("Asia/Tokyo");
    const [tokyo, utc] = [calendarOf({ isUtc: false }), calendarOf({ isUtc: true })];
    const evening = Date.UTC(2026, 10, 30, 20);
    expect([tokyo.dayOf(evening), tokyo.timeZone]).toEqual(["2026-12-01", "Asia/Tokyo"]);
    expect([utc.dayOf(evening), utc.timeZone]).toEqual(["2026-11-30", "UTC"]);
    inZone("America/Los_Angeles");
    expect(calendarOf({ isUtc: false }).dayOf(Date.UTC(2026, 0, 1, 3))).toBe("2025-12-31");
  });

  test("begins a window at its beginning, and ends it at its end", () => {
    inZone("Asia/Tokyo");
    expect([since("2026-11-20"), until("2026-11-20")]).toEqual([
      "2026-11-19T15:00:00.000Z",
      "2026-11-20T15:00:00.000Z",
    ]);
    expect([since("2026-11-20", true), until("2026-12-31", true)]).toEqual([
      ...["2026-11-20T00:00:00.000Z", "2027-01-01T00:00:00.000Z"],
    ]);
  });

  test("has the hours it has, where clocks are changed", () => {
    inZone("Europe/Berlin");
    const window = parseWindow({ since: "2026-03-29", until: "2026-03-29", isUtc: false, now: NOW });
    expect((window?.until ?? 0) - (window?.since ?? 0)).toBe(23 * HOUR);
  });
});

test("a time is taken as it is, without a zone as one of the time zone", () => {
  inZone("Asia/Tokyo");
  expect(since("2026-11-20T10:00")).toBe("2026-11-20T01:00:00.000Z");
  expect([since("0026-01-01", true), since("9999-12-31", true)]).toEqual([
    ...["0026-01-01T00:00:00.000Z", "9999-12-31T00:00:00.000Z"],
  ]);
  expect(since("2026-11-20T10:00:30", true)).toBe("2026-11-20T10:00:30.000Z");
  expect([since("2026-11-20T10:00:00.250Z"), until("2026-11-20T10:00+02:00")]).toEqual([
    ...["2026-11-20T10:00:00.250Z", "2026-11-20T08:00:00.000Z"],
  ]);
});

test("a duration is so long ago", () => {
  expect([since("7d"), since("1.5h"), until("30m")]).toEqual([
    ...["2026-11-14T09:30:00.000Z", "2026-11-21T08:00:00.000Z", "2026-11-21T09:00:00.000Z"],
  ]);
});

test("without an end there is none, and without both no window", () => {
  expect(parseWindow({ isUtc: false, now: NOW })).toBeUndefined();
  expect(parseWindow({ since: "1d", isUtc: false, now: NOW })).toEqual({ since: NOW - 24 * HOUR, until: undefined });
});

test.each([
  ...["", "yesterday", "7", "2026", "7w", "-7d", "2026-11", "2026-02-30", "2026-13-01", "2026-11-31T10:00"],
  ...["2026-11-20T25:00", "2026-11-20 10:00", "20261120", "2026-11-20T10:00:00+25:99", "1e9d", " 7d", "999999999999d"],
])("%j is no time", (text) => {
  expect(() => since(text)).toThrow(UsageError);
  expect(() => until(text)).toThrow(/^--until has to be a day, a time or how long ago/);
});

test.each([
  ["2026-11-21", "2026-11-20"],
  ["1h", "2h"],
  ["1h", "1h"],
])("nothing is between %s and %s", (from, to) => {
  const parse = () => parseWindow({ since: from, until: to, isUtc: true, now: NOW });
  expect(parse).toThrow(`--since ${from} is not before --until ${to}`);
});
