import { describe, expect, test } from "vitest";
import type { ChunkAccount, Spent } from "../../src/ledger/accounts.ts";
import type { BookedRun, Books, UnderWay } from "../../src/ledger/books.ts";
import type { Chunk } from "../../src/ledger/ledger.ts";
import { type CostsQuestion, takeCosts } from "../../src/pipelines/take-costs.ts";
import { COST_GROUPS, type CostGroup } from "../../src/report/costs.ts";

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 21, 9);
const USD = 10n ** 12n;

interface GivenAccount {
  readonly run?: number;
  readonly model?: string;
  readonly provider?: string;
  readonly key?: string;
  readonly daysAgo?: number;
  /** Requests that were asked; as many as were billed when undefined. */
  readonly asked?: number;
  readonly tokens?: number;
  readonly spent?: Partial<Spent>;
}

function account(given: GivenAccount = {}): ChunkAccount {
  const { run = 1, model = "m", provider = "p", key, daysAgo = 0, tokens = 10 } = given;
  const usage = { input: 10, cached: 0, output: 1, reasoning: 0 };
  const spent = { requests: 1, unpriced: 0, usage, cost: USD, estimatedCost: 2n * USD, ...given.spent };
  const settledAt = NOW - daysAgo * DAY;
  const chunk: Chunk = {
    ...{
      id: 1,
      runId: run,
      name: "c",
      provider,
      mode: "batch",
      endpoint: "/v1/e",
      model,
      requests: given.asked ?? spent.requests,
    },
    ...{ bytes: 1, tokens, state: "settled", fileId: null, batchId: "b", batchStatus: "completed", submittedAt: 0 },
    ...{ outputFileId: null, errorFileId: null, createdAt: 0, changedAt: settledAt, completed: 0, failed: 0 },
    cleanedAt: null,
    times: { inProgressAt: null, finalizingAt: null, endedAt: null },
  };
  return { chunk, spent, settledAt, apiKeyId: key };
}

interface GivenRun {
  readonly id?: number;
  readonly daysAgo?: number | null;
  readonly saved?: string | null;
  readonly reused?: number;
  readonly shared?: number;
}

function run({ id = 1, daysAgo = 0, saved = "0.5", reused = 3, shared = 1 }: GivenRun): BookedRun {
  const summary = `{"model":"m","requests":{"reused":${reused},"shared":${shared}},"cost":{"saved_usd":${saved}}}`;
  return { id, label: `run ${id}`, endedAt: daysAgo === null ? null : NOW - daysAgo * DAY, summary };
}

const NOTHING: UnderWay = { batches: 0, requests: 0, tokens: 0, estimatedCost: 0n, unpriced: 0 };

function booksOf(accounts: readonly ChunkAccount[], runs: readonly BookedRun[] = [], underWay = NOTHING): Books {
  return {
    snapshot: (read) => read(),
    accountsOf: () => [],
    accounts: () => accounts,
    runs: () => runs,
    underWay: () => underWay,
    close: () => {},
  };
}

function costs(books: Books | undefined, given: Partial<CostsQuestion> = {}) {
  const calendar = { timeZone: "UTC", dayOf: (time: number) => new Date(time).toISOString().slice(0, 10) };
  return takeCosts(books, { stateDir: "/s", groups: [], window: undefined, calendar, now: NOW, ...given });
}

const by = (group: CostGroup, ...accounts: readonly ChunkAccount[]) => costs(booksOf(accounts), { groups: [group] });

describe("sums", () => {
  test("are of what was billed, exactly, with what was expected beside it", () => {
    const usage = { input: 100, cached: 60, output: 20, reasoning: 15 };
    const dear = account({ tokens: 99, spent: { requests: 3, usage, cost: 2n ** 70n + 1n, estimatedCost: 2n ** 70n } });
    const { all_time: sum } = costs(booksOf([dear, account({ asked: 5 })]));
    expect(sum).toEqual({
      ...{ batches: 2, requests: 4, input_tokens: 110, cached_tokens: 60, output_tokens: 21, reasoning_tokens: 15 },
      ...{ total_tokens: 131, estimated_input_tokens: 109, input_error_percent: -1 },
      ...{ cost_usd: 2n ** 70n + 1n + USD, known_cost_usd: 2n ** 70n + 1n + USD, unpriced_requests: 0 },
      ...{ estimated_cost_usd: 2n ** 70n + 2n * USD },
      ...{ saved_usd: 0n, known_saved_usd: 0n, reused_rows: 0, shared_rows: 0 },
    });
  });

  test("that lack a price are not there; what is known of them is, under another name", () => {
    const unpriced = account({ spent: { requests: 5, unpriced: 2, cost: 3n, estimatedCost: undefined } });
    expect(costs(booksOf([account(), unpriced])).all_time).toMatchObject({
      ...{ requests: 6, unpriced_requests: 2, cost_usd: null, known_cost_usd: USD + 3n, estimated_cost_usd: null },
    });
    expect(costs(booksOf([account()])).all_time).toMatchObject({ cost_usd: USD, estimated_cost_usd: 2n * USD });
  });

  test("the error of our count is told of batches that were billed whole, to two decimals", () => {
    const errorOf = (...accounts: readonly ChunkAccount[]) => costs(booksOf(accounts)).all_time.input_error_percent;
    const counted = (tokens: number, input: number, asked = 1) =>
      account({ tokens, asked, spent: { usage: { input, cached: 0, output: 0, reasoning: 0 } } });
    expect([errorOf(), errorOf(counted(5, 10, 2)), errorOf(counted(5, 0))]).toEqual([null, null, null]);
    expect([errorOf(counted(10, 10)), errorOf(counted(103, 300)), errorOf(counted(12, 9))]).toEqual([0, -65.67, 33.33]);
    expect(errorOf(counted(10, 10), counted(1_000, 1, 2))).toBe(0);
  });

  test("today is the calendar's, and a window is from its beginning up to its end", () => {
    const books = booksOf([0, 0.3, 0.4, 1, 2, 30].map((daysAgo) => account({ daysAgo })));
    const window = { since: NOW - 2 * DAY, until: NOW - 0.3 * DAY };
    const report = costs(books, { window, groups: ["day"] });
    expect([report.all_time, report.today, report.window].map((sum) => sum?.batches)).toEqual([6, 2, 3]);
    expect(report.window).toMatchObject({ since: "2026-11-19T09:00:00.000Z", until: "2026-11-21T01:48:00.000Z" });
    expect(report.by_day?.map(({ day, batches }) => [day, batches])).toEqual([
      ...[
        ["2026-11-20", 2],
        ["2026-11-19", 1],
      ],
    ]);
    expect(costs(books).window).toBeNull();
    expect(costs(books, { window: { since: NOW, until: undefined } }).window).toMatchObject({
      until: null,
      batches: 1,
    });
  });

  test("what is under way is told apart; its price is known or not", () => {
    const underWay = { batches: 2, requests: 7, tokens: 90, estimatedCost: 5n, unpriced: 0 };
    expect(costs(booksOf([], [], underWay)).under_way).toEqual({
      ...{ batches: 2, requests: 7, estimated_input_tokens: 90, estimated_cost_usd: 5n },
    });
    expect(costs(booksOf([], [], { ...underWay, unpriced: 1 })).under_way.estimated_cost_usd).toBeNull();
  });

  test("without a ledger, and in an empty one, all is 0 and known", () => {
    const empty = { batches: 0, cost_usd: 0n, estimated_cost_usd: 0n, saved_usd: 0n, input_error_percent: null };
    for (const books of [undefined, booksOf([])]) {
      const report = costs(books, { groups: COST_GROUPS, window: { since: 0, until: undefined } });
      expect(report).toMatchObject({ all_time: empty, today: empty, window: empty, by_day: [], by_key: [] });
      expect([report.ledger, report.state_dir, report.time_zone]).toEqual([books !== undefined, "/s", "UTC"]);
    }
  });
});

describe("groups", () => {
  test("are only those that were asked for", () => {
    const keys = (...groups: readonly CostGroup[]) =>
      Object.keys(costs(booksOf([account()]), { groups })).filter((key) => key.startsWith("by_"));
    expect([keys(), keys("run"), keys("day", "model")]).toEqual([[], ["by_run"], ["by_day", "by_model"]]);
  });

  test("models, providers and keys come the dearest first, days and runs the newest", () => {
    const of = (given: GivenAccount, cost: bigint) => account({ ...given, spent: { cost } });
    const models = by(
      "model",
      of({ model: "b" }, 1n),
      of({ model: "c" }, 9n),
      of({ model: "b" }, 9n),
      of({ model: "a" }, 9n),
    );
    expect(models.by_model?.map(({ model, cost_usd: cost }) => [model, cost])).toEqual([
      ["b", 10n],
      ["a", 9n],
      ["c", 9n],
    ]);
    const providers = by("provider", of({ provider: "x" }, 1n), of({ provider: "y" }, 2n));
    expect(providers.by_provider?.map(({ provider }) => provider)).toEqual(["y", "x"]);
    const keys = by("key", of({ key: "0123abcd" }, 1n), of({}, 2n));
    expect(keys.by_key?.map(({ api_key_id: id }) => id)).toEqual([null, "0123abcd"]);
    const days = by("day", account({ daysAgo: 9 }), account(), account({ daysAgo: 300 }));
    expect(days.by_day?.map(({ day }) => day)).toEqual(["2026-11-21", "2026-11-12", "2026-01-25"]);
    const runs = by("run", account({ run: 9 }), account({ run: 10 }), account({ run: 9 }));
    expect(runs.by_run?.map(({ run: id, batches }) => [id, batches])).toEqual([
      [10, 1],
      [9, 2],
    ]);
  });

  test("each adds up to the whole, so that nothing is in none of them or in two", () => {
    const accounts = [1, 2, 3, 4, 5, 6].map((index) =>
      account({ run: index % 3, model: `m${index % 2}`, daysAgo: index, ...(index > 3 ? { key: "k" } : {}) }),
    );
    const runs = [run({ id: 1 }), run({ id: 7, daysAgo: 3 })];
    const report = costs(booksOf(accounts, runs), { groups: COST_GROUPS });
    const { by_day: day, by_model: model, by_run: ofRun, by_provider: provider, by_key: key } = report;
    for (const group of [day, model, ofRun, provider, key]) {
      const sum = (group ?? []).reduce((all, one) => all + one.known_cost_usd, 0n);
      expect(sum).toBe(report.all_time.cost_usd);
    }
    for (const group of [day, model, ofRun]) {
      const sum = (group ?? []).reduce((all, one) => all + (one.saved_usd ?? 0n), 0n);
      expect(sum).toBe(USD);
    }
    expect(provider?.[0]).toMatchObject({
      saved_usd: null,
      known_saved_usd: null,
      reused_rows: null,
      shared_rows: null,
    });
  });
});

describe("what the ledger saved", () => {
  test("is what the runs that have ended say, on the day they did", () => {
    const runs = [
      run({}),
      run({ id: 2, daysAgo: 1, saved: "0.000000000001", reused: 1, shared: 0 }),
      run({ id: 3, daysAgo: null }),
    ];
    const report = costs(booksOf([account()], runs), { groups: ["day", "run"], window: { since: 0, until: NOW } });
    expect(report.all_time).toMatchObject({ saved_usd: USD / 2n + 1n, reused_rows: 4, shared_rows: 1 });
    expect(report.today).toMatchObject({ saved_usd: USD / 2n, reused_rows: 3 });
    expect(report.window).toMatchObject({ saved_usd: 1n, reused_rows: 1, batches: 0 });
    expect(report.by_run).toMatchObject([{ run: 2, label: "run 2", batches: 0, cost_usd: 0n, saved_usd: 1n }]);
  });

  test("is not known as a whole when it is not of some run; a run that had nothing from it does not matter", () => {
    const unknown = run({ id: 2, saved: null });
    const nothing = run({ id: 3, saved: null, reused: 0, shared: 0 });
    expect(costs(booksOf([], [run({}), unknown, nothing])).all_time).toMatchObject({
      ...{ saved_usd: null, known_saved_usd: USD / 2n, reused_rows: 6, shared_rows: 2 },
    });
    expect(costs(booksOf([], [run({}), nothing])).all_time).toMatchObject({ saved_usd: USD / 2n });
  });

  test.each(["not JSON", "null", "[]", '{"requests":7,"cost":null}', '{"requests":{"reused":"3"}}'])(
    "a summary that says nothing of it is passed over: %s",
    (summary) => {
      const odd = { id: 1, label: "", endedAt: NOW, summary };
      expect(costs(booksOf([], [odd, run({ id: 2 })])).all_time).toMatchObject({ saved_usd: USD / 2n, reused_rows: 3 });
    },
  );
});
