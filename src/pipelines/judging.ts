import { BothOrders } from "../agreement/both-orders.ts";
import { Judges } from "../agreement/judges.ts";
import type { Counters } from "../core/counters.ts";
import { UsageError } from "../core/errors.ts";
import type { JudgingSummary } from "../report/judging.ts";
import { prepareQuestion, type Question, type QuestionSettings } from "./question.ts";
import type { GradeSettings, RunHost } from "./settings.ts";

type JudgingSettings = QuestionSettings & Pick<GradeSettings, "judge" | "samples" | "quorum" | "escalate">;

/** Every answer of a row is held in memory while they are combined, and every request while they are built. */
const MAX_ANSWERS = 32;

/**
 * The question to each judge, in their order; that to the run's own model where there are none.
 *
 * @throws {UsageError} when the judges cannot judge together; and what {@link prepareQuestion} throws
 */
export async function prepareQuestions(
  settings: JudgingSettings,
  data: RunHost["data"],
): Promise<readonly [Question, ...Question[]]> {
  checkJudges(settings);
  const [first, ...others] = settings.judge ?? [];
  const question = await prepareQuestion(first === undefined ? settings : { ...settings, model: first }, data);
  const rest = await Promise.all(others.map((model) => prepareQuestion({ ...settings, model }, data)));
  return [question, ...rest];
}

function checkJudges({ judge = [], samples = 1, quorum = 1, escalate = [], endpoint }: JudgingSettings): void {
  const twice = judge.find((model, index) => judge.indexOf(model) !== index);
  if (twice !== undefined) throw judgedTwice(twice);
  const answers = Math.max(1, judge.length) * samples;
  if (answers > MAX_ANSWERS) throw tooMany(answers);
  if (quorum > answers) throw noQuorum(quorum, answers);
  if (judge.length > 1 && escalate.length > 0) throw escalated();
  if (answers > 1 && endpoint === "/v1/embeddings") throw embedded();
}

/** How the answers of a row become one; undefined when it has but one. */
export function judgesOf(settings: JudgingSettings, questions: readonly [Question, ...Question[]]): Judges | undefined {
  const { samples = 1, quorum = 1, outputField } = settings;
  const [{ check, freeText }] = questions;
  const models = questions.map(({ request }) => request.model);
  if (models.length * samples === 1) return undefined;
  return new Judges({ models, samples, quorum, outputField, isJson: check !== undefined, freeText });
}

/** How the answers of a row become one, by judges and by orders. */
export interface FanIns {
  readonly judges: Judges | undefined;
  /** Around the judges. */
  readonly orders: BothOrders | undefined;
}

/** New ones, that have counted nothing yet. */
export function fanInsOf(settings: JudgingSettings, questions: readonly [Question, ...Question[]]): FanIns {
  const judges = judgesOf(settings, questions);
  return { judges, orders: bothOrdersOf(settings, questions, judges) };
}

/** How the two orders of a pairwise prompt become one; undefined for any other prompt. */
export function bothOrdersOf(
  { samples = 1, outputField }: JudgingSettings,
  [{ renderSwapped }]: readonly [Question, ...Question[]],
  judges: Judges | undefined,
): BothOrders | undefined {
  return renderSwapped && new BothOrders({ judges, samples, outputField });
}

/**
 * @throws {UsageError} for a pairwise prompt, where every row is one request
 */
export function refusePairs({ renderSwapped }: Question, command: string): void {
  if (renderSwapped === undefined) return;
  throw new UsageError(`${command} makes one request of each row, and a pairwise prompt asks two`, {
    hint: "Use grade; with --dry-run it says what it would ask.",
  });
}

/** What the judges of a run have done, for its summary. */
export function judgingSummary({ counts, labels }: Judges, { billedByModel }: Counters): JudgingSummary {
  const samples = labels.length / counts.byModel.size;
  const judges = [...counts.byModel].map(([model, { answered, failed }]) => {
    const { replies, cost, unpriced } = billedByModel.get(model) ?? { replies: 0, cost: 0n, unpriced: 0 };
    return { model, samples, answered, failed, replies_billed: replies, billed_usd: unpriced > 0 ? null : cost };
  });
  return {
    judges,
    rows_agreed: counts.agreed,
    rows_disagreed: counts.disagreed,
    rows_tied: counts.tied,
    rows_partly: counts.partly,
  };
}

function judgedTwice(model: string): UsageError {
  return new UsageError(`--judge ${model} is given twice`, {
    hint: "Several answers of one model are asked for with --samples N.",
  });
}

function tooMany(answers: number): UsageError {
  return new UsageError(`${answers} answers are asked for each row, and ${MAX_ANSWERS} is the most there may be`, {
    hint: "Answers of a row are judges times samples.",
  });
}

function noQuorum(quorum: number, answers: number): UsageError {
  return new UsageError(`--quorum ${quorum} can never be had: a row is given ${answers} answers`, {
    hint: "Answers of a row are judges times samples.",
  });
}

function escalated(): UsageError {
  return new UsageError("--escalate puts one model in the place of another, and a judge is to answer for itself", {
    hint: "Leave out --escalate, or give one judge.",
  });
}

function embedded(): UsageError {
  return new UsageError("embeddings are not judged: there is no middle of several of them", {
    hint: "Leave out --judge and --samples.",
  });
}
