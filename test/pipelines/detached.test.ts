import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { EXIT, UnfinishedError } from "../../src/core/errors.ts";
import type { AnswerCheck } from "../../src/core/verdicts.ts";
import { CompletionOrderRoom, InputOrderRoom } from "../../src/ledger/waiting-room.ts";
import type { BatchScript } from "../stages/fake-provider.ts";
import { type AskedLine, answerTo, errorTo } from "../stages/result-lines.ts";
import { type Execution, StageBench } from "../stages/support.ts";
import { type Ended, execute, type Given, rowsUpTo, Source } from "./answering.ts";

// Some of these go through many executions.
vi.setConfig({ testTimeout: 120_000 });

/** The line of each row, as an undisturbed run writes it. */
function linesUpTo(count: number): readonly string[] {
  return rowsUpTo(count).map(({ text }) => `${text} grade=${JSON.stringify(`re: ${text}`)}`);
}

/** Executions of one command over the same rows, one after the other. */
class Command {
  readonly #rows: number;
  readonly #given: Given;
  readonly ends: Ended[] = [];
  bench: StageBench;
  source: Source;

  constructor(rows: number, execution: Execution, given: Given = {}) {
    this.#rows = rows;
    this.#given = given;
    this.bench = new StageBench(execution);
    this.source = new Source(rowsUpTo(rows));
  }

  async first(): Promise<Ended> {
    const ended = await execute(this.bench, this.source, this.#given);
    this.ends.push(ended);
    return ended;
  }

  /** As the first, some time later. */
  async again(waitMs = 0, given: Given = {}): Promise<Ended> {
    const { retries } = this.bench;
    this.bench = Object.assign(new StageBench({ earlier: this.bench, waitMs }), { retries });
    this.source = new Source(rowsUpTo(this.#rows));
    const ended = await execute(this.bench, this.source, { ...this.#given, ...given });
    this.ends.push(ended);
    return ended;
  }

  get provider() {
    return this.bench.provider;
  }
}

const unfinished = expect.objectContaining({ exitStatus: EXIT.unfinished });

describe("without waiting", () => {
  test("the first execution submits everything, looks at nothing, and leaves", async () => {
    const command = new Command(10, { waitMs: 0 });
    const { lines, error } = await command.first();
    expect(error).toBeInstanceOf(UnfinishedError);
    expect(error).toEqual(unfinished);
    expect(String(error)).toContain("5 batches are at work, with 10 requests");
    expect(lines).toEqual([]);
    expect(command.provider.batches).toHaveLength(5);
    expect(command.provider.count("retrieveBatch")).toBe(0);
    expect(command.source).toMatchObject({ read: 10, isClosed: true });
  });

  test("a later one collects all that has ended, and submits nothing twice", async () => {
    const command = new Command(10, { waitMs: 0 });
    await command.first();
    expect(await command.again()).toEqual({ lines: linesUpTo(10), error: undefined });
    expect([...command.provider.timesAsked.values()]).toEqual(Array(10).fill(1));
    expect(command.provider.uploads).toHaveLength(5);
    expect(command.provider.count("retrieveBatch")).toBe(5);
  });

  test("while batches are at work each execution looks once, and changes nothing", async () => {
    const command = new Command(4, { waitMs: 0 });
    command.provider.nextBatches({ looks: 2 }, { looks: 2 });
    await command.first();
    for (const executions of [1, 2]) {
      expect(await command.again()).toEqual({ lines: [], error: unfinished });
      expect(command.provider.count("retrieveBatch")).toBe(2 * executions);
    }
    expect(await command.again()).toEqual({ lines: linesUpTo(4), error: undefined });
    expect(command.provider.batches).toHaveLength(2);
  });

  test("rows that are ready come out before it leaves", async () => {
    const earlier = new Command(3, {});
    expect((await earlier.first()).lines).toEqual(linesUpTo(3));
    const bench = new StageBench({ earlier: earlier.bench, waitMs: 0 });
    const ended = await execute(bench, new Source(rowsUpTo(8)));
    expect(ended).toEqual({ lines: linesUpTo(3), error: unfinished });
  });

  test.each([
    { room: InputOrderRoom, expected: [] },
    { room: CompletionOrderRoom, expected: linesUpTo(4).slice(2) },
  ])("behind a batch at work, what has ended comes out as the order allows: $room.name", async ({ room, expected }) => {
    const command = new Command(4, { waitMs: 0 }, { room });
    command.provider.nextBatches({ looks: 1 });
    await command.first();
    expect(await command.again()).toEqual({ lines: expected, error: unfinished });
    const { lines, error } = await command.again();
    expect([lines.toSorted(), error]).toEqual([linesUpTo(4), undefined]);
  });

  test("what the provider is given stays within the limits, over all executions, until all is done", async () => {
    const command = new Command(60, { waitMs: 0 }, { admit: { maxBatches: 3 } });
    const looks = Array.from({ length: 30 }, (_, index): BatchScript => ({ looks: index % 3 }));
    command.provider.nextBatches(...looks);
    const { error } = await command.first();
    expect(error).toEqual(unfinished);
    expect(command.provider.batches).toHaveLength(3);
    // Reading stops where nothing more is let in.
    expect(command.source.read).toBeLessThan(30);
    while (command.ends.at(-1)?.error !== undefined && command.ends.length < 60) {
      const before = command.provider.batches.length;
      await command.again();
      expect(command.provider.batches.length - before).toBeLessThanOrEqual(3);
    }
    expect(command.ends.at(-1)).toEqual({ lines: linesUpTo(60), error: undefined });
    expect([...command.provider.timesAsked.values()]).toEqual(Array(60).fill(1));
  });

  test("with tokens for one batch only, the next one goes when that has ended", async () => {
    const command = new Command(6, { waitMs: 0 }, { admit: { enqueuedTokens: 2 } });
    for (const batches of [1, 2, 3]) {
      await (batches === 1 ? command.first() : command.again());
      expect(command.provider.batches).toHaveLength(batches);
    }
    expect(await command.again()).toEqual({ lines: linesUpTo(6), error: undefined });
  });

  test("what an earlier execution has at the provider counts, also before its rows come by", async () => {
    const admit = { maxBatches: 2 };
    const earlier = new StageBench({ waitMs: 0 });
    earlier.provider.nextBatches({ looks: 9 }, { looks: 9 });
    await execute(earlier, new Source(rowsUpTo(4)), { admit });
    const bench = new StageBench({ earlier, waitMs: 0 });
    await execute(bench, new Source(rowsUpTo(8).toReversed()), { admit });
    expect(bench.provider.batches).toHaveLength(2);
  });

  test("a batch that failed for enqueued tokens is sent in again by a later execution, which does not wait", async () => {
    const command = new Command(4, { waitMs: 0 });
    const message = "Enqueued token limit reached. Limit: 2 enqueued tokens.";
    command.provider.nextBatches({}, { status: "failed", complaints: [{ code: "token_limit_exceeded", message }] });
    await command.first();
    const startedAt = command.bench.clock.now();
    expect(await command.again()).toEqual({ lines: linesUpTo(2), error: unfinished });
    expect(command.bench.clock.now()).toBe(startedAt);
    expect(command.provider.batches.map(({ batch }) => batch.inputFileId)).toEqual(["file-1", "file-2", "file-2"]);
    expect(await command.again()).toEqual({ lines: linesUpTo(4), error: undefined });
    expect([...command.provider.timesAsked.values()]).toEqual(Array(4).fill(1));
    expect(command.bench.ledger.tokenLimit("fake", "model-1")).toBe(2);
  });

  test("what is to be asked again is asked again by the execution that collects it", async () => {
    const command = new Command(2, { waitMs: 0 });
    const broken: BatchScript = { output: (asked) => asked.map((one) => errorTo(one, 500)) };
    command.provider.nextBatches(broken, broken);
    for (const tries of [1, 2, 3]) {
      expect((await (tries === 1 ? command.first() : command.again())).error).toEqual(unfinished);
      expect([...command.provider.timesAsked.values()]).toEqual([tries, tries]);
    }
    expect(await command.again()).toEqual({ lines: linesUpTo(2), error: undefined });
  });

  test("so is what was answered invalidly, with the reason, at most as often as allowed", async () => {
    const check: AnswerCheck = () => ({ ok: false, reason: "never good enough" });
    const command = new Command(1, { waitMs: 0 }, { check });
    for (let tries = 1; tries <= 4; tries++) await (tries === 1 ? command.first() : command.again());
    expect(command.provider.batches.flatMap(({ asked }) => asked.map(messageCount))).toEqual([1, 3, 3, 3]);
    const { lines, error } = await command.again();
    expect([lines.length, error]).toEqual([1, undefined]);
    expect(lines[0]).toMatch(/grade=null grade_error=.*invalid_answer.*never good enough \(asked 4 times\)/);
    expect(command.provider.batches).toHaveLength(4);
  });
});

describe("with an end of patience", () => {
  test("waits for batches that end in time", async () => {
    const command = new Command(6, { waitMs: 3_600_000 });
    expect(await command.first()).toEqual({ lines: linesUpTo(6), error: undefined });
  });

  test("leaves those that do not, when it ends and not long before", async () => {
    const command = new Command(6, { waitMs: 600_000 });
    command.provider.nextBatches({}, { looks: 100_000 }, {});
    const startedAt = command.bench.clock.now();
    expect(await command.first()).toEqual({ lines: linesUpTo(2), error: unfinished });
    expect(command.bench.clock.now() - startedAt).toBe(600_000);
    expect(command.provider.batches).toHaveLength(3);
  });

  test("what comes back open in the last moment is not forgotten", async () => {
    const given = { maxBatches: 1, admit: { maxBatches: 1 } };
    const command = new Command(2, { waitMs: 3_000 }, given);
    const broken: BatchScript = { output: (asked) => asked.map((one) => errorTo(one, 500)) };
    const { provider, bench } = command;
    provider.nextBatches(broken, broken);
    // The second batch ends when it is looked at for the last time.
    provider.onCall = () => {
      provider.isHolding = provider.batches.length === 2 && !bench.patience.isOver;
    };
    const { error } = await command.first();
    if (error !== undefined) await command.again(3_600_000);
    expect(command.ends.at(-1)).toEqual({ lines: linesUpTo(2), error: undefined });
  });
});

describe("whatever the provider does, and however long each execution waits", () => {
  const fate = fc.constantFrom("answered", "answered", "broken", "silent", "invalid");
  const script = fc.record({
    looks: fc.nat(3),
    end: fc.constantFrom("completed", "completed", "completed", "expired", "too many tokens"),
    fates: fc.tuple(fate, fate),
  });
  const waits = fc.array(fc.constantFrom(0, 0, 1_000, 5_000, 60_000), { minLength: 1, maxLength: 5 });
  const limits = fc.record({ maxBatches: fc.integer({ min: 1, max: 3 }), admitted: fc.integer({ min: 1, max: 3 }) });

  test("each execution writes the beginning of the same output, and the last one all of it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(script, { maxLength: 8 }), waits, limits, async (scripts, times, limit) => {
        const check: AnswerCheck = (text) => (text === INVALID ? { ok: false, reason: "no" } : { ok: true });
        const given = { check, maxBatches: limit.maxBatches, admit: { maxBatches: limit.admitted } };
        const command = new Command(7, { waitMs: times[0] ?? 0 }, given);
        command.bench = Object.assign(command.bench, { retries: 99 });
        command.provider.nextBatches(...scripts.map(batchOf));
        await command.first();
        for (let count = 1; command.ends.at(-1)?.error !== undefined; count++) {
          expect(count).toBeLessThan(60);
          await command.again(times[count % times.length] ?? 0);
        }
        const last = command.ends.pop()?.lines ?? [];
        const asked = linesUpTo(7).map((line) => line.split(" grade=")[0]);
        expect(last.map((line) => line.split(" grade=")[0])).toEqual(asked);
        expect(last.filter((line) => line.includes("_error"))).toEqual([]);
        for (const { lines, error } of command.ends) {
          expect(error).toEqual(unfinished);
          expect(last.slice(0, lines.length)).toEqual(lines);
        }
        for (const times of command.provider.timesAsked.values()) expect(times).toBeLessThanOrEqual(9);
      }),
      { numRuns: 15 },
    );
  });
});

const INVALID = "no grade";

/** A batch that ends as said, and what becomes of its lines. */
function batchOf({ looks, end, fates }: { looks: number; end: string; fates: readonly string[] }): BatchScript {
  if (end === "too many tokens") {
    const complaints = [{ code: "token_limit_exceeded", message: "Enqueued token limit reached." }];
    return { looks, status: "failed", complaints };
  }
  const output = (asked: readonly AskedLine[]) =>
    asked.flatMap((one, index) => {
      const fate = fates[index % fates.length];
      if (fate === "broken") return [errorTo(one, 500)];
      if (fate === "silent") return [];
      return [answerTo(one, fate === "invalid" ? { content: INVALID } : {})];
    });
  return { looks, status: end === "expired" ? "expired" : "completed", output };
}

function messageCount({ body }: AskedLine): number {
  const messages = body["messages"];
  return Array.isArray(messages) ? messages.length : 0;
}
