import { readPackageText } from "../config/package-data.ts";
import { parseFields } from "../core/json-text.ts";
import type { GoodRow } from "../core/records.ts";
import { ANSWER_FIELD } from "../pipelines/ask-requests.ts";
import { prepareQuestion, type Question, type QuestionSettings } from "../pipelines/question.ts";
import { readUtf8 } from "../pipelines/settings-file.ts";
import type { JsonSchema } from "../prompts/schema.ts";
import { createBuild } from "../stages/build.ts";
import type { AskPlan } from "./ask-plan.ts";
import { libraryDefaults } from "./defaults.ts";
import type { Asking, Item, Items } from "./flow.ts";
import { positionOf, setOrigin, spell } from "./origin.ts";
import type { RowRequest } from "./requests.ts";
import { createStage, type FlowStage } from "./stage.ts";

/** What is asked about a row: the flags of `bg-pipe grade` by the same names, see docs/configuration.md. */
export interface BuildRequestsOptions
  extends Partial<Omit<QuestionSettings, "provider" | "model" | "outputField" | "prompt" | "schema">> {
  readonly model: string;
  /** A prompt's name, the path of a YAML file, or what would stand in one. */
  readonly prompt?: string | Readonly<Record<string, unknown>>;
  /** The path of a JSON Schema for the answer, or the schema. */
  readonly schema?: string | JsonSchema;
}

/**
 * A stage from rows to the requests that ask about them. A row that cannot be asked, because a field is missing, goes
 * past the stages with the reason.
 *
 * @throws {ConfigurationError} from the rows, for anything wrong in prompt, schema or examples
 *
 * @example buildRequests({ model: "gpt-5-mini", user: "Summarise: {{ text }}" })
 */
export function buildRequests<Row extends object>(options: BuildRequestsOptions): FlowStage<Row, RowRequest<Row>> {
  return createStage((source, { asking, ...context }) => build(source(context), options, asking));
}

async function* build<Row extends object>(
  source: Items<Row>,
  options: BuildRequestsOptions,
  asking: Asking | undefined,
): AsyncGenerator<readonly Item<RowRequest<Row>>[]> {
  const question = await questionOf(options);
  if (asking !== undefined) asking.answerColumns = question.columns;
  const builder = new Builder(question);
  for await (const items of source) yield items.map((item) => ("value" in item ? builder.item(item.value) : item));
}

function questionOf(options: BuildRequestsOptions): Promise<Question> {
  const { prompt, schema, ...rest } = options;
  const inline = typeof prompt === "object" ? { prompt: INLINE, prompts: { ...rest.prompts, [INLINE]: prompt } } : {};
  const named = typeof prompt === "string" ? { prompt } : {};
  const asked = schema === undefined ? {} : { schema: typeof schema === "string" ? schema : INLINE };
  const settings = { ...libraryDefaults(), ...rest, ...named, ...inline, ...asked, outputField: ANSWER_FIELD };
  return readData().then((data) =>
    prepareQuestion(settings, data, (path) =>
      path === INLINE && typeof schema === "object" ? Promise.resolve(JSON.stringify(schema)) : readUtf8(path),
    ),
  );
}

/** How messages call a prompt or a schema that has no file. */
const INLINE = "the options of buildRequests";

/** The package's prompts and models. */
export async function readData(): Promise<{ readonly prompts: string; readonly models: string }> {
  return { prompts: await readPackageText("prompts.yaml"), models: await readPackageText("models.yaml") };
}

class Builder {
  readonly #plan: AskPlan;
  readonly #build: ReturnType<typeof createBuild>;
  readonly #endpoint: string;
  #rows = 0;

  constructor(question: Question) {
    const { render, endpoint, request: settings } = question;
    this.#plan = { question, limits: {} };
    this.#endpoint = endpoint.path;
    // Keys are made when it is known who is asked.
    this.#build = createBuild({ render, endpoint, settings, provider: "" });
  }

  item<Row extends object>(row: Row): Item<RowRequest<Row>> {
    const good = goodRow(row, ++this.#rows);
    const [built] = this.#build([good]);
    if (built === undefined || "failure" in built) {
      return { row: good, failure: built?.failure ?? { code: "bad_input", message: "the row makes no request" } };
    }
    const value = { row, endpoint: this.#endpoint, body: built.request.body };
    setOrigin(value, { position: good.position, text: "{}", plan: this.#plan });
    return { value };
  }
}

/** The row as the stages inside have it: numbers in templates are spelled as they were read. */
export function goodRow(row: object, number: number): GoodRow {
  const text = spell(row);
  return { kind: "row", position: positionOf(row, number), text, fields: parseFields(text) };
}
