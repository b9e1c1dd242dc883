import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { pipeline as nodePipeline } from "node:stream/promises";
import { setImmediate } from "node:timers/promises";
import { asStream } from "../library/compose.ts";
import { pipeline } from "../library/pipeline.ts";
import type { Stage } from "../library/stage.ts";
import type { ConformanceCase } from "./conformance.ts";
import { WatchedRows } from "./watched-rows.ts";

/** A stage, and what it makes of some rows. */
export interface StageConformance<In, Out> {
  /** Makes the stage anew for each case. */
  readonly create: () => Stage<In, Out>;
  readonly rows: readonly In[];
  readonly expected: readonly Out[];
  /** What it gives for no rows; nothing when not given. */
  readonly expectedOfNone?: readonly Out[];
  /** Rows that it may have taken beyond those that its first row needs; 300 when not given. */
  readonly maxReadAhead?: number;
}

/**
 * What every stage has to do: the same rows however fast they come and wherever it is used, no reading ahead without
 * bound, and an end when the source, the reader or a signal ends.
 */
export function stageCases<In, Out>(given: StageConformance<In, Out>): readonly ConformanceCase[] {
  const cases = new StageCases(given);
  return [
    { name: "gives the rows that are expected", run: () => cases.expected() },
    { name: "gives the same when the rows come slowly", run: () => cases.slowly() },
    { name: "gives what is expected of no rows", run: () => cases.none() },
    { name: "gives the same twice at a time", run: () => cases.twice() },
    { name: "gives the same in Node's pipeline", run: () => cases.inNode() },
    { name: "gives the same as a stream", run: () => cases.asStream() },
    { name: "takes no more rows than somebody waits for, and lets go of the source", run: () => cases.readsAhead() },
    { name: "passes on the failure of its source", run: () => cases.sourceFails() },
    { name: "ends with the signal", run: () => cases.signal() },
  ];
}

class StageCases<In, Out> {
  readonly #given: StageConformance<In, Out>;

  constructor(given: StageConformance<In, Out>) {
    this.#given = given;
  }

  async expected(): Promise<void> {
    this.#check(await this.#run(this.#rows()));
  }

  async slowly(): Promise<void> {
    this.#check(await this.#run(new WatchedRows(this.#given.rows, { between: () => setImmediate() })));
  }

  async none(): Promise<void> {
    assert.deepEqual(await this.#run(new WatchedRows<In>([])), this.#given.expectedOfNone ?? []);
  }

  async twice(): Promise<void> {
    for (const seen of await Promise.all([this.#run(this.#rows()), this.#run(this.#rows())])) this.#check(seen);
  }

  async inNode(): Promise<void> {
    const seen: Out[] = [];
    const stage = this.#given.create();
    const apply = (rows: AsyncIterable<In>) => stage(rows, {});
    await nodePipeline(this.#rows(), apply, async (rows: AsyncIterable<Out>) => {
      for await (const row of rows) seen.push(row);
    });
    this.#check(seen);
  }

  async asStream(): Promise<void> {
    const seen: Out[] = [];
    await nodePipeline(
      Readable.from(this.#rows()),
      asStream(this.#given.create()),
      async (rows: AsyncIterable<Out>) => {
        for await (const row of rows) seen.push(row);
      },
    );
    this.#check(seen);
  }

  async readsAhead(): Promise<void> {
    const { rows, expected, maxReadAhead = 300 } = this.#given;
    if (expected.length === 0) return;
    const many = new WatchedRows(rows, { times: 10_000 });
    await pipeline(many, this.#given.create(), async (out: AsyncIterable<Out>) => {
      for await (const _ of out) break;
    });
    const limit = rows.length + maxReadAhead;
    assert.ok(many.taken <= limit, `for its first row it has taken ${many.taken} rows, and may take ${limit}`);
    await assertClosed(many);
  }

  async sourceFails(): Promise<void> {
    const failure = new Error("the source failed");
    const failing = new WatchedRows(this.#given.rows, { failure });
    await assert.rejects(this.#run(failing), (error) => error === failure);
  }

  async signal(): Promise<void> {
    const stop = new AbortController();
    const reason = new Error("stopped");
    const { rows } = this.#given;
    let taken = 0;
    const between = async () => {
      if (++taken >= rows.length) stop.abort(reason);
      await setImmediate();
    };
    const endless = new WatchedRows(rows, { times: Number.POSITIVE_INFINITY, between });
    const drain = async (out: AsyncIterable<Out>) => {
      for await (const _ of out);
    };
    const end = pipeline(endless, this.#given.create(), drain, { signal: stop.signal });
    await assert.rejects(end, (error) => error === reason);
    await assertClosed(endless);
  }

  #rows(): WatchedRows<In> {
    return new WatchedRows(this.#given.rows);
  }

  async #run(rows: AsyncIterable<In>): Promise<readonly Out[]> {
    return pipeline(rows, this.#given.create(), (out: AsyncIterable<Out>) => Array.fromAsync(out));
  }

  #check(seen: readonly Out[]): void {
    assert.deepEqual(seen, this.#given.expected);
  }
}

/** A source in the middle of a row can be let go of only after it. */
async function assertClosed(source: WatchedRows<unknown>): Promise<void> {
  for (let turn = 0; turn < 100 && !source.isClosed; turn++) await setImmediate();
  assert.ok(source.isClosed, "the source is still open");
}
