import { join } from "node:path";
import { afterAll, beforeAll, describe, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { silentLogger } from "../../src/core/logger.ts";
import { type Emulator, startEmulator } from "../../src/emulator/server.ts";
import { formats } from "../../src/formats/index.ts";
import {
  buildRequests,
  chunkRequests,
  compose,
  countTokens,
  filter,
  grade,
  map,
  type Stage,
  through,
} from "../../src/index.ts";
import { providers } from "../../src/providers/index.ts";
import { formatCases } from "../../src/testing/format-cases.ts";
import { providerCases } from "../../src/testing/provider-cases.ts";
import { stageCases } from "../../src/testing/stage-cases.ts";
import { temporaryFolder } from "../run-program.ts";

const SAMPLES: Readonly<Record<keyof typeof formats, readonly string[]>> = {
  jsonl: ['{"a":1.0,"b":"流"}\n{"a":12345678901234567890}\r\n\nnull\n{"a":', '\uFEFF{"a":"\u2028"}\n{"a":[]}'],
  csv: ['a,b\n1,"x, ""y""\n2"\n3,流\nragged\n', '\uFEFF"a"\r\n1\r\n2', 'a,b\n1,"unclosed\n2,3\n'],
  tsv: ["a\tb\n1\t2\n3\t流\nragged\n"],
  json: ['[{"a":1.0},\n {"a":{"b":[1,2]}}, 3, {"a":"流"}]', '{"a":1}\n', "[{]"],
};

describe.each(Object.keys(formats) as (keyof typeof formats)[])("the format %s", async (name) => {
  const cases = formatCases({ format: await formats[name](), samples: SAMPLES[name] });
  test.each(cases.map((one) => [one.name, one] as const))("%s", (_, one) => one.run());
});

interface Numbered {
  readonly n: number;
  readonly response: string;
}

const rows: readonly Numbered[] = [1, 2, 3, 4].map((n) => ({ n, response: `answer ${n}` }));
const state = temporaryFolder("conformance-stage");
const ask = (row: Numbered) => ({ text: `${row.response}!` });
const answer = {
  execute: async ({ bodyText }: { readonly bodyText: string }) => `${JSON.parse(bodyText).messages[0].content}!`,
};

const stages: Readonly<Record<string, [create: () => Stage<Numbered, unknown>, expected: readonly unknown[]]>> = {
  "map()": [() => map(ask), rows.map(ask)],
  "map(), with several calls at a time": [
    () => map(async (row: Numbered) => ask(row), { concurrency: 3 }),
    rows.map(ask),
  ],
  "filter()": [() => filter(({ n }: Numbered) => n % 2 === 0), rows.filter(({ n }) => n % 2 === 0)],
  "compose()": [
    () =>
      compose(
        map((row: Numbered) => [row, row]),
        map(ask),
      ),
    rows.flatMap((row) => [ask(row), ask(row)]),
  ],
  "through()": [
    () =>
      through(async function* (all: AsyncIterable<Numbered>) {
        for await (const { n } of all) yield { n };
      }),
    rows.map(({ n }) => ({ n })),
  ],
  "requests, built, counted and chunked": [
    () =>
      compose(
        buildRequests<Numbered>({ model: "gpt-4.1-mini", user: "{{ text }}" }),
        countTokens<Numbered>(),
        chunkRequests<Numbered>({ chunkRows: 2 }),
        map(({ row, chunk, tokens }) => ({ n: row.n, chunk, tokens })),
      ),
    rows.map(({ n }, index) => ({ n, chunk: Math.floor(index / 2), tokens: 10 })),
  ],
  "grade(), live": [
    () =>
      grade({
        model: "gpt-4.1-mini",
        user: "{{ text }}",
        mode: "live",
        concurrency: 2,
        strategy: answer,
        stateDir: state,
      }),
    rows.map((row) => ({ ...row, grade: `${row.response}!` })),
  ],
};

describe.each(Object.entries(stages))("the stage %s", (_name, [create, expected]) => {
  test.each(stageCases({ create, rows, expected }).map((one) => [one.name, one] as const))("%s", (_, one) => one.run());
});

describe.each(["openai", "emulator"] as const)("the provider %s", (name) => {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startEmulator({ directory: join(temporaryFolder("conformance"), name) });
  });
  afterAll(() => emulator.close());
  const cases = providerCases({
    create: async () => {
      const create = await providers[name]();
      const { signal } = new AbortController();
      const settings = { baseUrl: emulator.url, apiKey: "key", isEmbedded: true, log: silentLogger, signal };
      return create({ ...settings, clock: { ...systemClock, sleep: (_, sleeper) => systemClock.sleep(5, sleeper) } });
    },
    pollMs: 20,
    body: { model: "gpt-4.1-mini", messages: [{ role: "user", content: "Hello" }] },
  });
  test.each(cases.map((one) => [one.name, one] as const))("%s", (_, one) => one.run());
});
