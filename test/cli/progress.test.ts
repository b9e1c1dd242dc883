import fc from "fast-check";
import { expect, test } from "vitest";
import { LiveProgress, SpokenProgress } from "../../src/cli/progress.ts";
import { Screen } from "../../src/cli/screen.ts";
import { terminalKind } from "../../src/cli/terminal.ts";
import type { StyledLine } from "../../src/report/progress/styled-text.ts";
import type { ProgressView } from "../../src/report/progress/view.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { VirtualTerminal } from "./virtual-terminal.ts";

function view(answered: number): ProgressView {
  const batch = { id: `batch_${answered}`, status: "in_progress", requests: 9, done: answered, failed: 0 };
  return { asked: 9, answered, failed: 0, tokens: 0, elapsedMs: 0, batches: [{ ...batch, tokens: 1, ageMs: 2_000 }] };
}

function styled(...lines: readonly string[]): readonly StyledLine[] {
  return lines.map((text) => [{ text, style: "bold" }]);
}

test("a view is drawn in its place every second, log lines stand above it, and the last one stays", async () => {
  const [terminal, clock] = [new VirtualTerminal(70), new VirtualClock("manual")];
  const screen = new Screen(terminal, true);
  let answered = 0;
  const progress = new LiveProgress({ screen, clock, look: () => [view(answered)] });
  await clock.advance(1_000);
  screen.write("bg-pipe: one\n");
  answered = 5;
  await clock.advance(1_000);
  screen.write("bg-pipe: two\n");
  expect(terminal.lines.slice(0, 3)).toEqual([
    "bg-pipe: one",
    "bg-pipe: two",
    "9 asked  5 answered  0 failed  0 tokens  0 s",
  ]);
  expect(terminal.lines).toHaveLength(5);
  answered = 9;
  await progress.close();
  screen.write("rows      9 read\n");
  expect(terminal.lines.map((line) => line.split("  ")[0])).toEqual([
    ...["bg-pipe: one", "bg-pipe: two", "9 asked", "batch", "batch_9", "rows"],
  ]);
});

test("a window that becomes narrower or wider is drawn anew at once", async () => {
  const [terminal, clock] = [new VirtualTerminal(100), new VirtualClock("manual")];
  const screen = new Screen(terminal, false);
  screen.write("before\n");
  const progress = new LiveProgress({ screen, clock, look: () => [view(3)] });
  for (const columns of [30, 21, 60, 100]) {
    terminal.resize(columns);
    expect(terminal.lines.every((line) => line.length < columns)).toBe(true);
    expect(terminal.lines).toHaveLength(4);
  }
  await progress.close();
  terminal.resize(40);
  expect(terminal.lines[0]).toBe("before");
});

test("whatever is written and shown: the log is whole, and the view is once below it", () => {
  const step = fc.oneof(
    fc.record({ log: fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 30 }) }),
    fc.record({ show: fc.array(fc.constantFrom("aaa", "bbbbbbbbb", "c"), { maxLength: 6 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const terminal = new VirtualTerminal(40, 10);
      const screen = new Screen(terminal, true);
      const log: string[] = [];
      let shown: readonly string[] = [];
      for (const one of steps) {
        if ("log" in one) {
          log.push(`${one.log.trim()}.`);
          screen.write(`${one.log.trim()}.\n`);
        } else {
          shown = one.show;
          screen.show(styled(...shown));
        }
      }
      expect(terminal.lines).toEqual(log.length + shown.length === 0 ? [""] : [...log, ...shown]);
      expect(terminal.writes).toBe(steps.length);
    }),
  );
});

test("where nothing can be drawn it says a line every 30 seconds, and none for a run that is sooner over", async () => {
  const clock = new VirtualClock("manual");
  const said: string[] = [];
  const progress = new SpokenProgress({ clock, look: () => [view(4)], say: (line) => said.push(line) });
  await clock.advance(29_999);
  expect(said).toEqual([]);
  await clock.advance(60_001);
  await progress.close();
  await clock.advance(60_000);
  expect(said).toEqual(Array.from({ length: 3 }, () => "9 asked, 4 answered, 0 failed, 0 tokens, 0 s"));
});

test.each([
  [true, {}, true, true],
  [false, {}, false, false],
  [true, { TERM: "dumb" }, false, false],
  [true, { NO_COLOR: "1" }, true, false],
  [true, { NO_COLOR: "" }, true, true],
  [true, { FORCE_COLOR: "0" }, true, false],
  [true, { NO_COLOR: "1", FORCE_COLOR: "1" }, true, true],
  [false, { FORCE_COLOR: "1" }, false, true],
] as const)("a terminal %s with %j is live %s and coloured %s", (isTTY, environment, isLive, hasColor) => {
  expect(terminalKind({ isTTY }, environment)).toEqual({ isLive, hasColor });
});
