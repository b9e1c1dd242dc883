import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { silentLogger } from "../../src/core/logger.ts";
import { jsonl } from "../../src/formats/jsonl.ts";
import { type Format, map, type Provider, type Stage } from "../../src/index.ts";
import { createEmulatorProvider } from "../../src/providers/emulator.ts";
import type { ConformanceCase } from "../../src/testing/conformance.ts";
import { formatCases } from "../../src/testing/format-cases.ts";
import { providerCases } from "../../src/testing/provider-cases.ts";
import { stageCases } from "../../src/testing/stage-cases.ts";

interface Numbered {
  readonly n: number;
}

const rows: readonly Numbered[] = [{ n: 1 }, { n: 2 }, { n: 3 }];

/** The names of the cases that a part fails. */
async function failed(cases: readonly ConformanceCase[]): Promise<readonly string[]> {
  const ends = await Promise.allSettled(cases.map(({ run }) => run()));
  return cases.filter((_, index) => ends[index]?.status === "rejected").map(({ name }) => name);
}

async function* inOneGo(source: AsyncIterable<Numbered>): AsyncGenerator<Numbered> {
  const all: Numbered[] = [];
  for await (const row of source) if (all.push(row) > 5_000) break;
  yield* all;
}

let remembered = 0;

async function* remembering(source: AsyncIterable<Numbered>): AsyncGenerator<Numbered> {
  for await (const row of source) yield { n: row.n + (remembered++ > 2 ? 1 : 0) };
}

async function* forgiving(source: AsyncIterable<Numbered>): AsyncGenerator<Numbered> {
  try {
    yield* source;
  } catch {
    // This is the mistake.
  }
}

describe("a stage that", () => {
  test.each<[string, Stage<Numbered, Numbered>, string]>([
    ["gives other rows", map(({ n }) => ({ n: n + 1 })), "gives the rows that are expected"],
    ["reads all before it gives a row", inOneGo, "takes no more rows than somebody waits for"],
    ["remembers an earlier run", remembering, "gives the same twice at a time"],
    ["swallows a failure", forgiving, "passes on the failure of its source"],
  ])("%s is found out", async (_, stage, name) => {
    expect(await failed(stageCases({ create: () => stage, rows, expected: rows }))).toContainEqual(
      expect.stringContaining(name),
    );
  });
});

describe("a format that", () => {
  const cut: Format["decode"] = async function* (source, options) {
    for await (const bytes of source) {
      yield* jsonl.decode(
        (async function* () {
          yield bytes;
        })(),
        options,
      );
    }
  };
  const slurp: Format["decode"] = async function* (source, options) {
    for await (const _ of source) {
      options.onColumns?.(["a"]);
      yield [];
    }
  };

  test.each<[string, Format["decode"], string]>([
    ["minds where the bytes are cut", cut, "gives equal rows however the bytes are cut"],
    ["tells the columns more than once", slurp, "tells the columns once"],
  ])("%s is found out", async (_, decode, name) => {
    const cases = formatCases({ format: { ...jsonl, decode }, samples: ['{"a":1}\n{"a":2}\n'] });
    expect(await failed(cases)).toContainEqual(expect.stringContaining(name));
  });
});

test("a provider that nobody answers for is found out", async () => {
  const create = (): Provider => {
    const { signal } = AbortSignal.abort() && new AbortController();
    const settings = { baseUrl: "http://127.0.0.1:9/v1", apiKey: undefined, isEmbedded: false, log: silentLogger };
    const clock = { ...systemClock, sleep: async () => {} };
    return createEmulatorProvider({ ...settings, clock, signal });
  };
  const cases = providerCases({ create, body: { model: "m", messages: [] } });
  expect(await failed(cases.filter(({ name }) => !name.includes("batch") && !name.includes("ended")))).toContain(
    "finds an upload by its name",
  );
}, 30_000);
