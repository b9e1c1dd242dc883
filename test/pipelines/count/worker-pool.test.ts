import { describe, expect, test } from "vitest";
import { BgPipeError, InternalError } from "../../../src/core/errors.ts";
import { BlockCounter } from "../../../src/pipelines/count/block-counter.ts";
import type { CountTask, WorkerSetup } from "../../../src/pipelines/count/count-worker.ts";
import { RowCounter } from "../../../src/pipelines/count/row-counter.ts";
import { prepareQuestion } from "../../../src/pipelines/question.ts";
import { data, poolOf, rows, settings, setupWith } from "./counting.ts";

function taskOf(text: string, firstLine = 1): CountTask {
  return { block: { bytes: new Uint8Array(Buffer.from(text)), firstLine }, file: "in.jsonl" };
}

/** Counts on this thread. */
async function counterOf(setup: WorkerSetup = setupWith()): Promise<RowCounter> {
  return new RowCounter(await prepareQuestion(setup.settings, data));
}

describe("WorkerPool", () => {
  test("counts as this thread does, in whatever thread", async () => {
    const pool = poolOf(setupWith(), { size: 2 });
    await pool.start();
    expect(pool.ready).toBe(2);
    const texts = ["one", "two words", "and three words"].map((text, index) => rows(text) + "{".repeat(index));
    const answers = await Promise.all(texts.map((text, index) => pool.count(taskOf(text, 10 * index + 1))));
    const here = new BlockCounter({ counter: await counterOf(), setup: setupWith(), workers: 0, bytesBefore: 0 });
    const expected = await Promise.all(texts.map((text, index) => here.count(taskOf(text, 10 * index + 1))));
    expect(answers).toEqual(expected);
    expect(answers[2]?.uncounted.first).toMatchObject([{ place: "in.jsonl:22", failure: { code: "bad_input" } }]);
  });

  test("gives what a thread throws on purpose on as it is", async () => {
    const pool = poolOf(setupWith({ user: "{{ examples }}" }));
    await pool.start();
    const error = await pool.count(taskOf(rows("a"))).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BgPipeError);
    expect(error).toMatchObject({ exitStatus: 78, message: 'the prompt "flags" needs examples' });
    expect(error).toMatchObject({ hint: expect.stringContaining("--examples") });
    expect((await pool.count(taskOf("\n"))).tokens).toHaveLength(0);
  });

  test("fails, and does not hang, when a thread cannot come up", async () => {
    const pool = poolOf(setupWith({ schema: "gone.json" }));
    await expect(pool.start()).rejects.toThrow("a counting thread failed: cannot read the schema file gone.json");
    expect(pool.ready).toBe(0);
  });

  test("fails all that a thread was given, and will be, when it ends by an error", async () => {
    const pool = poolOf(setupWith());
    await pool.start();
    const bytes = { buffer: new ArrayBuffer(1), byteOffset: 99 };
    const wrong = { file: "in.jsonl", block: { bytes, firstLine: 1 } } as unknown as CountTask;
    const waiting = [pool.count(wrong), pool.count(taskOf(rows("a")))];
    const ends = await Promise.allSettled([...waiting, Promise.all(waiting).then(() => pool.count(taskOf("")))]);
    expect(ends.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    await expect(pool.count(taskOf(rows("a")))).rejects.toThrow(InternalError);
  });

  test("says so when a thread runs out of memory", async () => {
    // Little by little: what asks for it all at once may end the whole process.
    const user = "{% for i in (1..100000) %}{{ text | append: i | upcase }}{% endfor %}";
    const pool = poolOf(setupWith({ user }), { size: 1, maxHeapMb: 64 });
    await pool.start();
    const error = await pool.count(taskOf(rows("a".repeat(10_000)))).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ exitStatus: 70, message: "a counting thread ran out of memory" });
    expect(error).toMatchObject({ hint: expect.stringContaining("--workers 0") });
  });

  test("lets go of what waits when it is closed", async () => {
    const pool = poolOf(setupWith());
    await pool.start();
    const answer = pool.count(taskOf(rows("a".repeat(1 << 20))));
    const end = answer.catch((reason: unknown) => reason);
    await pool.close();
    expect(await Promise.race([end, answer])).toBeDefined();
  });
});

describe("BlockCounter", () => {
  const big = rows("word ".repeat(100));

  test("starts threads once they pay, and counts the same before, while and after", async () => {
    const counter = await counterOf();
    const blocks = new BlockCounter({ counter, setup: setupWith(), workers: 2, bytesBefore: big.length });
    const expected = counter.count([]);
    expect(blocks.width).toBe(1);
    const first = await blocks.count(taskOf(big));
    while (blocks.width < 4) expect(await blocks.count(taskOf(big))).toEqual(first);
    expect(await blocks.count(taskOf(big))).toEqual(first);
    expect(expected.tokens).toHaveLength(0);
    await blocks.close();
  });

  test.each([0, 1])("with %d workers counts on this thread", async (workers) => {
    const blocks = new BlockCounter({ counter: await counterOf(), setup: setupWith(), workers, bytesBefore: 0 });
    expect((await blocks.count(taskOf(big))).tokens).toHaveLength(1);
    expect(blocks.width).toBe(1);
    await blocks.close();
  });

  test("gives the bytes away to threads, and not on this one", async () => {
    const task = taskOf(big);
    const blocks = new BlockCounter({
      counter: await counterOf(),
      setup: setupWith(settings),
      workers: 2,
      bytesBefore: 0,
    });
    await blocks.count(task);
    expect(task.block.bytes.byteLength).toBe(0);
    await blocks.close();
  });
});
