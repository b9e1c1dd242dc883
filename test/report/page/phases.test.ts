import { expect, test } from "vitest";
import { phasesOf } from "../../../src/report/page/phases.ts";
import type { BatchSpan } from "../../../src/report/run-report.ts";
import { at, span } from "./reports.ts";

const NOW = Date.parse(at(1_000));

/** Names with seconds. */
function partsOf(changes: Partial<BatchSpan>): readonly (readonly [string, number])[] {
  return phasesOf(span(changes), NOW).map(({ name, from, to }) => [name, (to - from) / 1000]);
}

test("a batch is queued, runs, is finalised, and waits to be collected", () => {
  expect(partsOf({})).toEqual([
    ["queued", 10],
    ["running", 90],
    ["finalising", 10],
    ["to be collected", 90],
  ]);
});

test.each([
  [
    "one at work, up to now",
    { finalizing_at: null, ended_at: null, settled_at: null },
    [
      ["queued", 10],
      ["running", 990],
    ],
  ],
  [
    "one that was never begun",
    { in_progress_at: null, finalizing_at: null, ended_at: at(60) },
    [
      ["queued", 60],
      ["to be collected", 140],
    ],
  ],
  [
    "one that is being looked at",
    { in_progress_at: null, finalizing_at: null, ended_at: null, settled_at: null, status: "validating" },
    [["queued", 1000]],
  ],
  [
    "a provider that tells no times",
    { in_progress_at: null, finalizing_at: null, ended_at: null },
    [["at the provider", 200]],
  ],
  [
    "one that was asked live",
    { mode: "live", in_progress_at: null, finalizing_at: null, ended_at: null },
    [["live", 200]],
  ],
  ["one too short for whole seconds", { settled_at: at(1.5) }, [["at the provider", 1.5]]],
  [
    "clocks that differ",
    { in_progress_at: at(-5), finalizing_at: at(190), ended_at: at(260) },
    [
      ["running", 190],
      ["finalising", 10],
    ],
  ],
] as const)("%s", (_, changes, parts) => {
  expect(partsOf(changes)).toEqual(parts);
});
