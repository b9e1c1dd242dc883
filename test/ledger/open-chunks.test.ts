import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ChunkLimits } from "../../src/core/chunk-limits.ts";
import type { OverheadTokens } from "../../src/core/overhead-tokens.ts";
import type { NewLine } from "../../src/ledger/chunk-file.ts";
import type { Chunk } from "../../src/ledger/ledger.ts";
import { OpenChunks } from "../../src/ledger/open-chunks.ts";
import { LedgerBench, sqliteBackEnd } from "./harness.ts";

const NO_LIMITS: ChunkLimits = { requests: 1e6, bytes: 1e9, tokens: Number.POSITIVE_INFINITY, count: undefined };

class Filling extends LedgerBench {
  readonly own = this.run("s");
  readonly chunks: OpenChunks;
  readonly sealed: Chunk[] = [];

  constructor(limits: Partial<ChunkLimits> = {}, overheadTokens: OverheadTokens = 0) {
    super(sqliteBackEnd);
    const { ledger, own: run, clock } = this;
    const of = { provider: "p", endpoint: "/v1/e", model: "default", isPriced: true, overheadTokens };
    const origin = { ledger, run, ...of, clock };
    this.chunks = new OpenChunks(origin, { ...NO_LIMITS, ...limits });
  }

  add(key: string, more: Partial<NewLine> = {}): void {
    this.claim(this.own, key);
    this.sealed.push(...this.chunks.add({ key, tokens: 1, origin: "in:1", line: key, ...more }));
  }

  end(): readonly (readonly [model: string, requests: number])[] {
    this.sealed.push(...this.chunks.sealAll());
    return this.sealed.map(({ model, requests }) => [model, requests]);
  }
}

describe("chunks that are being filled", () => {
  test("are of one model each; a line that names none is of the run's", () => {
    const filling = new Filling({ requests: 2 });
    for (const [key, model] of [..."abcdef"].map((name, index) => [name, ["x", "y"][index % 2]] as const)) {
      filling.add(key, model === undefined ? {} : { model });
    }
    filling.add("g");
    expect(filling.end()).toEqual([
      ["x", 2],
      ["y", 2],
      ["x", 1],
      ["y", 1],
      ["default", 1],
    ]);
  });

  test("have an estimate only when all of it is estimated", () => {
    const filling = new Filling();
    filling.add("a", { model: "known", estimatedCost: 3n });
    filling.add("b", { model: "known", estimatedCost: 4n });
    filling.add("c", { model: "unknown", estimatedCost: 4n });
    filling.add("d", { model: "unknown" });
    filling.end();
    const costs = filling.sealed.map(({ id, model }) => [model, filling.ledger.spentOn(id).estimatedCost]);
    expect(costs).toEqual([
      ["known", 7n],
      ["unknown", undefined],
    ]);
  });

  test("count what the provider adds to each request, by its model", () => {
    const filling = new Filling({ tokens: 10 }, (model) => (model === "heavy" ? 4 : 0));
    for (const key of "abcd") filling.add(key, { model: key < "c" ? "heavy" : "light" });
    filling.add("e", { model: "heavy" });
    filling.end();
    expect(filling.sealed.map(({ model, tokens }) => [model, tokens])).toEqual([
      ["heavy", 10],
      ["light", 2],
      ["heavy", 5],
    ]);
  });

  test("are no more than may be open at a time: the one that was added to longest ago is sealed", () => {
    const filling = new Filling({ count: 250 });
    filling.add("a", { model: "1" });
    filling.add("b", { model: "2" });
    filling.add("c", { model: "1" });
    expect(filling.sealed).toEqual([]);
    filling.add("d", { model: "3" });
    expect(filling.sealed.map(({ model }) => model)).toEqual(["2"]);
    filling.chunks.discard();
    expect(readdirSync(join(filling.directory, "chunks"))).toEqual([`${filling.sealed[0]?.name}.jsonl`]);
  });
});
