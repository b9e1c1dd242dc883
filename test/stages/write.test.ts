import { describe, expect, test } from "vitest";
import { Counters } from "../../src/core/counters.ts";
import { HaltError } from "../../src/core/errors.ts";
import type { AnsweredRow, FailureCode } from "../../src/core/records.ts";
import { jsonl } from "../../src/formats/jsonl.ts";
import type { Output } from "../../src/io/output.ts";
import { EncodedSink, type WriteOptions, write } from "../../src/stages/write.ts";
import { errorOf, goodRow } from "./support.ts";

/** An output in memory. */
class MemoryOutput implements Output {
  text = "";
  end: "open" | "committed" | "abandoned" = "open";
  failAt = "";

  async write(text: string | Uint8Array): Promise<void> {
    if (this.failAt !== "" && String(text).includes(this.failAt)) throw new Error("the disk is full");
    this.text += text;
  }

  async commit(): Promise<void> {
    this.end = "committed";
  }

  async abandon(): Promise<void> {
    this.end = "abandoned";
  }
}

function answered(text: string, line: number): AnsweredRow {
  return { row: goodRow(text, line), added: [{ name: "grade", json: `"${text}!"` }] };
}

function failed(text: string, line: number, code: FailureCode = "refused"): AnsweredRow {
  return { row: goodRow(text, line), added: [{ name: "grade", json: "null" }], failure: { code, message: "no" } };
}

async function* arraysOf(...arrays: (readonly AnsweredRow[])[]) {
  yield* arrays;
}

function outputs(given: Partial<WriteOptions> = {}) {
  const [rows, errors, counters] = [new MemoryOutput(), new MemoryOutput(), new Counters()];
  const encoder = { ...jsonl.createEncoder({ columns: [], addedColumns: [] }), start: () => "<\n", end: () => ">\n" };
  encoder.encode = (some) => some.map(({ row }) => `${row.position.line}\n`).join("");
  const options: WriteOptions = {
    rows: new EncodedSink(rows, encoder),
    errors: new EncodedSink(errors, encoder),
    onError: "keep",
    halts: () => false,
    counters,
    signal: new AbortController().signal,
    ...given,
  };
  return { rows, errors, counters, options };
}

const MIXED = [[answered("a", 1), failed("b", 2)], [failed("c", 3, "too_long"), answered("d", 4)], []];

describe("write", () => {
  test("keep: every row is in the output, the failed ones also in the file of errors", async () => {
    const { rows, errors, counters, options } = outputs();
    await write(arraysOf(...MIXED), options);
    expect(rows).toMatchObject({ text: "<\n1\n2\n3\n4\n>\n", end: "committed" });
    expect(errors).toMatchObject({ text: "<\n2\n3\n>\n", end: "committed" });
    expect(counters).toMatchObject({ rowsWritten: 4, rowsSkipped: 0, rowsAnswered: 2, rowsFailedTotal: 2 });
  });

  test("skip: failed rows are in the file of errors only, and counted", async () => {
    const { rows, errors, counters, options } = outputs({ onError: "skip" });
    await write(arraysOf(...MIXED), options);
    expect(rows.text).toBe("<\n1\n4\n>\n");
    expect(errors.text).toBe("<\n2\n3\n>\n");
    expect(counters).toMatchObject({ rowsWritten: 2, rowsSkipped: 2, rowsAnswered: 2 });
    expect([...counters.rowsFailed]).toEqual([
      ["refused", 1],
      ["too_long", 1],
    ]);
  });

  test("skip without a file of errors loses no count", async () => {
    const { rows, counters, options } = outputs({ onError: "skip", errors: undefined });
    await write(arraysOf(...MIXED), options);
    expect(rows.text).toBe("<\n1\n4\n>\n");
    expect(counters.rowsWritten + counters.rowsSkipped).toBe(4);
  });

  test("halt: the rows before the first failed one, then its error; nothing is made final", async () => {
    const { rows, errors, options } = outputs({ halts: () => true });
    const error = await errorOf(write(arraysOf(...MIXED), options));
    expect(error).toBeInstanceOf(HaltError);
    expect(error.message).toBe("in.jsonl:2: refused: no");
    expect(error).toMatchObject({ exitStatus: 1 });
    expect(rows).toMatchObject({ text: "<\n1\n", end: "abandoned" });
    expect(errors.end).toBe("abandoned");
  });

  test("halt on bad input exits as bad input", async () => {
    const { options } = outputs({ halts: () => true });
    expect(await errorOf(write(arraysOf([failed("b", 1, "bad_input")]), options))).toMatchObject({ exitStatus: 65 });
  });

  test("halt at a code: what failed otherwise before it is in the outputs", async () => {
    const { rows, errors, counters, options } = outputs({ halts: ({ code }) => code === "too_long" });
    expect((await errorOf(write(arraysOf(...MIXED), options))).message).toBe("in.jsonl:3: too_long: no");
    expect([rows.text, errors.text]).toEqual(["<\n1\n2\n", "<\n2\n"]);
    expect(counters).toMatchObject({ rowsWritten: 2, rowsFailedTotal: 1 });
  });

  test("halt with nothing failed ends well", async () => {
    const { rows, options } = outputs({ halts: () => true });
    await write(arraysOf([answered("a", 1)]), options);
    expect(rows).toMatchObject({ text: "<\n1\n>\n", end: "committed" });
  });

  test("no rows at all: a whole, empty output", async () => {
    const { rows, options } = outputs();
    await write(arraysOf(), options);
    expect(rows).toMatchObject({ text: "<\n>\n", end: "committed" });
  });

  test("a source that fails, and an output that fails: both outputs are let go, and the error is told", async () => {
    async function* breaking() {
      yield [answered("a", 1)];
      throw new Error("no more");
    }
    const source = outputs();
    expect((await errorOf(write(breaking(), source.options))).message).toBe("no more");
    expect([source.rows.end, source.errors.end]).toEqual(["abandoned", "abandoned"]);

    const full = outputs();
    full.errors.failAt = "3";
    expect((await errorOf(write(arraysOf(...MIXED), full.options))).message).toBe("the disk is full");
    expect([full.rows.end, full.errors.end]).toEqual(["abandoned", "abandoned"]);
  });
});
