import type { ChunkLimits } from "../core/chunk-limits.ts";
import { resolveInputs } from "../io/inputs.ts";
import type { PicoUsd } from "../pricing/price.ts";
import { findPrice } from "../pricing/price-table.ts";
import { usdInJson } from "../pricing/usd-json.ts";
import { factsOf } from "../providers/known-facts.ts";
import type { CountReport, Distribution, ExpectedOutput } from "../report/count.ts";
import { type ChunkSettings, chunkLimits } from "./chunk-limits.ts";
import { expectOutput } from "./count/expected-output.ts";
import { FileCounter } from "./count/file-counter.ts";
import { FileTexts } from "./count/file-texts.ts";
import { tokensOfSchema } from "./count/schema-tokens.ts";
import type { TallyOptions } from "./count/tally.ts";
import type { Uncounted } from "./count/uncounted.ts";
import { refusePairs } from "./judging.ts";
import { loadedPlugins } from "./loaded-plugins.ts";
import { wholeOverhead } from "./overhead.ts";
import { prepareQuestion, type Question, type QuestionSettings } from "./question.ts";
import type { GradeSettings, RunHost } from "./settings.ts";

/** What a user can say about a count. */
export interface CountSettings
  extends QuestionSettings,
    ChunkSettings,
    Pick<
      GradeSettings,
      "inputs" | "inputFormat" | "baseUrl" | "maxRecordBytes" | "enqueuedTokens" | "expectOutputTokens"
    > {
  /** Threads to count in, started at once, 0 or 1 for none; as many as pay, once they do, when undefined. */
  readonly workers?: number;
}

/** What surrounds a count. */
export interface CountHost extends Pick<RunHost, "stdin" | "log" | "signal" | "data" | "prices"> {
  /** What earlier runs have learned of a model. */
  readonly learned: (model: string) => Promise<Learned>;
}

export interface Learned {
  /** Input tokens that the provider takes at a time; undefined when it has never refused any. */
  readonly tokenLimit: number | undefined;
  /** Output tokens per reply; undefined when there was none. */
  readonly outputTokens: number | undefined;
  /** Input tokens per request that were billed beyond those that were counted; undefined when there was none. */
  readonly overheadTokens: number | undefined;
}

/** What was counted. */
export interface CountResult {
  readonly report: CountReport;
  readonly distribution: Distribution;
  /** What asking all of it would cost; undefined where the price is not known. */
  readonly costs: { readonly batch: PicoUsd | undefined; readonly live: PicoUsd | undefined };
  /** The day up to which the model's price is known to have held; undefined when nobody says. */
  readonly pricesAsOf: string | undefined;
  readonly expected: ExpectedOutput;
  readonly limits: ChunkLimits;
  readonly contextWindow: number | undefined;
  /** Rows that cannot be asked. */
  readonly uncounted: Uncounted;
  /** Requests that no chunk would take. */
  readonly tooLarge: number;
}

/**
 * Counts the tokens of the requests that `grade` would make with the same settings, and makes none.
 *
 * @throws {BgPipeError} when an input cannot be read, or the settings make no sense
 */
export async function count(given: CountSettings, host: CountHost): Promise<CountResult> {
  const paths = await resolveInputs(given.inputs);
  const isForModel = hasModel(given);
  const settings = isForModel ? given : { ...given, model: NOBODY };
  const files = new FileTexts();
  const question = await prepareQuestion(settings, host.data, files.read);
  refusePairs(question, "count");
  // What is wrong with the request is told before anything is read.
  const schemaTokens = tokensOfSchema(question);
  const { model } = question.request;
  const learned = await host.learned(model);
  const overheadTokens = wholeOverhead(learned.overheadTokens);
  const tally = {
    limits: await limitsOf(settings, learned, host),
    contextWindow: question.contextWindow,
    price: findPrice(host.prices, model)?.price,
    overheadTokens: overheadTokens ?? 0,
  };
  const apart = { schemaTokens, overheadTokens };
  const counter = createCounter(settings, host, { question, texts: files.texts, tally });
  try {
    for (const path of paths) await counter.countFile(path);
    await counter.finish();
    const expected = expectOutput(settings, learned.outputTokens);
    return resultOf(counter, { question, model: isForModel ? model : null, ...apart, expected, tally });
  } finally {
    await counter.close();
  }
}

/** In the place of a name that is not sent to anyone. */
const NOBODY = "none";

/** With an encoding, tokens can be counted for nobody in particular. */
function hasModel({ model, provider, encoding }: CountSettings): boolean {
  return model !== undefined || provider === "emulator" || encoding === undefined;
}

async function limitsOf(settings: CountSettings, { tokenLimit }: Learned, { log }: CountHost): Promise<ChunkLimits> {
  const enqueuedTokens = settings.enqueuedTokens ?? tokenLimit ?? Number.POSITIVE_INFINITY;
  const { limits } = await factsOf(settings.provider, settings);
  return chunkLimits(settings, { ...limits, enqueuedTokens }, log);
}

interface CounterParts {
  readonly question: Question;
  readonly texts: FileTexts["texts"];
  readonly tally: TallyOptions;
}

function createCounter(
  settings: CountSettings,
  host: CountHost,
  { question, texts, tally }: CounterParts,
): FileCounter {
  const { inputFormat: format, workers, maxRecordBytes } = settings;
  const given = { settings, data: host.data, texts, maxRecordBytes, plugins: loadedPlugins() };
  const setup = { kind: "bg-pipe count worker", ...given } as const;
  return new FileCounter({ question, setup, format, workers, tally, host });
}

interface ResultParts {
  readonly question: Question;
  readonly model: string | null;
  readonly schemaTokens: number;
  readonly overheadTokens: number | undefined;
  readonly expected: ExpectedOutput;
  readonly tally: TallyOptions;
}

function resultOf({ files, total, uncounted }: FileCounter, parts: ResultParts): CountResult {
  const { question, model, schemaTokens, overheadTokens, expected, tally } = parts;
  const output = expected.tokens ?? 0;
  const costs = { batch: total.costs.cost("batch", output), live: total.costs.cost("live", output) };
  const report = {
    model,
    encoding: question.tokenizer.encoding,
    files,
    total: total.figures,
    estimate: {
      batch_usd: usdInJson(costs.batch),
      live_usd: usdInJson(costs.live),
      expected_output_tokens: expected.tokens,
    },
    tokens_of_schema: schemaTokens,
    overhead_tokens: overheadTokens ?? null,
  };
  const { limits, contextWindow, price } = tally;
  const details = {
    distribution: [...total.tokens.entries()],
    pricesAsOf: price?.asOf,
    expected,
    limits,
    contextWindow,
  };
  return { report, costs, ...details, uncounted, tooLarge: total.tooLarge };
}
