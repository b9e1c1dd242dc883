import { describe, expect, onTestFinished, test } from "vitest";
import type { ChunkLimits } from "../../src/core/chunk-limits.ts";
import type { RequestRow } from "../../src/core/records.ts";
import { requestLineBytes } from "../../src/core/request-line.ts";
import { SeenKeys } from "../../src/ledger/seen-keys.ts";
import { Plan } from "../../src/stages/plan.ts";
import { goodRow, keyFor, requestRow, StageBench } from "./support.ts";

function plan(bench: StageBench, limits: Partial<ChunkLimits>, ...arrays: (readonly RequestRow[])[]) {
  const seen = new SeenKeys();
  onTestFinished(() => seen.close());
  const wide = { requests: 1_000, bytes: 1_000_000, tokens: 1_000, count: undefined };
  const plan = new Plan({
    ...{ ledger: bench.ledger, counters: bench.counters, seen, endpoint: bench.endpoint.path },
    run: { id: 0, freshSince: 0 },
    limits: { ...wide, ...limits },
    overheadTokens: 0,
    estimate: () => undefined,
  });
  for (const rows of arrays) plan.add(rows);
  return bench.counters;
}

const rows = (...tokens: readonly number[]) => tokens.map((some, index) => requestRow(`${index}`, index + 1, some));

describe("Plan", () => {
  test.each([
    [{ requests: 2 }, [1, 1, 1, 1, 1], 3],
    [{ tokens: 10 }, [6, 5, 5, 1, 10], 4],
    [{ count: 3 }, [1, 1, 1, 1], 3],
    [{ count: 3 }, [1, 1], 2],
    [{}, [], 0],
    [{}, [1, 1], 1],
  ])("with limits %j and tokens %j makes %d chunks", (limits, tokens, chunks) => {
    const counters = plan(new StageBench(), limits, rows(...tokens));
    expect(counters).toMatchObject({ chunks, rowsAsked: tokens.length });
    expect(counters.tokensEstimated).toBe(tokens.reduce((sum, some) => sum + some, 0));
  });

  test("cuts by bytes exactly as the lines will be", () => {
    const [a, b] = [requestRow("a"), requestRow("b", 2)];
    const size = requestLineBytes(a.request.key, "/v1/chat/completions", a.request.bodyText);
    expect(plan(new StageBench(), { bytes: 2 * size }, [a, b]).chunks).toBe(1);
    expect(plan(new StageBench(), { bytes: 2 * size - 1 }, [a, b]).chunks).toBe(2);
    expect(plan(new StageBench(), { bytes: size - 1 }, [a, b])).toMatchObject({ chunks: 0, rowsFailedTotal: 2 });
  });

  test("tells apart what is new, equal, answered, under way, and cannot be asked", () => {
    const bench = new StageBench();
    const chunk = bench.chunkIn(["answered"], "uploading", "uploaded", "creating", "submitted", "ended", "fetched");
    const result = { fileId: bench.ledger.addResultFile("f", chunk.id), offset: 0, length: 1 };
    bench.ledger.record(chunk.id, [{ key: keyFor("answered"), kind: "answered", result }], 3);
    bench.chunkIn(["under way"], "uploading", "uploaded", "creating");
    const failed: RequestRow = { row: goodRow("x"), failure: { code: "missing_field", message: "none" } };
    const texts = ["new", "answered", "under way", "new", "answered"];
    const counters = plan(
      bench,
      {},
      [...texts.map((text, line) => requestRow(text, line)), failed],
      [requestRow("new")],
    );
    expect(counters).toMatchObject({ rowsAsked: 1, rowsReused: 1, rowsAttached: 1, rowsShared: 3, rowsFailedTotal: 1 });
  });

  test("claims nothing", () => {
    const bench = new StageBench();
    plan(bench, {}, rows(1));
    expect(bench.outcome("0")).toEqual({ kind: "unknown" });
  });
});
