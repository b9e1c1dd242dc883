import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { UnfinishedError } from "../../src/core/errors.ts";
import type { Chunk } from "../../src/ledger/ledger.ts";
import { resultFileNames } from "../../src/ledger/result-files.ts";
import { fetchResults } from "../../src/stages/fetch.ts";
import { submit } from "../../src/stages/submit.ts";
import type { BatchScript } from "./fake-provider.ts";
import { errorOf, pollToEnd, StageBench } from "./support.ts";

async function ended(script: BatchScript) {
  const bench = new StageBench();
  bench.provider.nextBatches(script);
  const { chunk } = await pollToEnd(await submit(bench.seal(["a", "b"]), bench), bench);
  return { bench, chunk };
}

function onDisk(bench: StageBench, chunk: Chunk, file: "output" | "errors"): string | undefined {
  const path = join(bench.ledger.directory, "results", resultFileNames(chunk)[file]);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

describe("fetchResults", () => {
  test.each(["completed", "expired", "cancelled"] as const)(
    "brings both files of a batch that is %s",
    async (status) => {
      const { bench, chunk } = await ended({ status, output: () => ["o1", "o2"], errors: () => ["e1"] });
      expect(await fetchResults(chunk, bench)).toMatchObject({ state: "fetched" });
      expect(onDisk(bench, chunk, "output")).toBe("o1\no2\n");
      expect(onDisk(bench, chunk, "errors")).toBe("e1\n");
    },
  );

  test("a completed batch may have an error file only, or no file at all", async () => {
    const errorsOnly = await ended({ errors: () => ["e1"] });
    expect(await fetchResults(errorsOnly.chunk, errorsOnly.bench)).toMatchObject({ state: "fetched" });
    expect(onDisk(errorsOnly.bench, errorsOnly.chunk, "output")).toBeUndefined();
    expect(onDisk(errorsOnly.bench, errorsOnly.chunk, "errors")).toBe("e1\n");

    const nothing = await ended({ status: "expired" });
    expect(await fetchResults(nothing.chunk, nothing.bench)).toMatchObject({ state: "fetched" });
    expect(nothing.bench.provider.count("download")).toBe(0);
  });

  test("failures that pass are waited out, and a file that is not there yet", async () => {
    const { bench, chunk } = await ended({ output: () => ["o1"], errors: () => ["e1"] });
    bench.provider.next("download", "unavailable", "not_found", "rate_limited", "succeed", "lose reply");
    expect(await fetchResults(chunk, bench)).toMatchObject({ state: "fetched" });
    expect(onDisk(bench, chunk, "output")).toBe("o1\n");
    expect(onDisk(bench, chunk, "errors")).toBe("e1\n");
  });

  test.each(["unavailable", "not_found"] as const)(
    "a file that stays %s is never taken for an empty one: the run is left to be gone on with",
    async (kind) => {
      const { bench, chunk } = await ended({ output: () => ["o1"], errors: () => ["e1"] });
      bench.provider.next("download", "succeed", ...Array(100).fill(kind));
      const error = await errorOf(fetchResults(chunk, bench));
      expect(error).toBeInstanceOf(UnfinishedError);
      expect(error.message).toContain("batch-1-errors");
      expect(bench.ledger.chunk(chunk.id).state).toBe("ended");
      expect(bench.provider.count("download")).toBeLessThan(100);
    },
  );

  test("one that the provider has deleted by its own rules is given up, and the other is brought all the same", async () => {
    const { bench, chunk } = await ended({ output: () => ["o1"], errors: () => ["e1"] });
    await bench.clock.sleep(32 * 24 * 3_600_000);
    bench.provider.next("download", "not_found");
    expect(await fetchResults(chunk, bench)).toMatchObject({ state: "fetched" });
    expect(onDisk(bench, chunk, "output")).toBe("");
    expect(onDisk(bench, chunk, "errors")).toBe("e1\n");
    expect(bench.log.warnings).toHaveLength(1);
  });

  test.each(["key_refused", "quota", "rejected"] as const)("a %s ends it at once", async (kind) => {
    const { bench, chunk } = await ended({ output: () => ["o1"] });
    bench.provider.next("download", kind);
    expect(await errorOf(fetchResults(chunk, bench))).toMatchObject({ kind });
    expect(bench.provider.count("download")).toBe(1);
    expect(bench.ledger.chunk(chunk.id).state).toBe("ended");
    expect(await fetchResults(bench.ledger.chunk(chunk.id), bench)).toMatchObject({ state: "fetched" });
  });
});
