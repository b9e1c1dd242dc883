import { readFile } from "node:fs/promises";
import { ConfigurationError, InputMissingError, messageOf, UsageError } from "../core/errors.ts";
import type { RenderedPrompt } from "../core/prompt.ts";
import type { Fields } from "../core/records.ts";
import { load, nearest } from "../core/registry.ts";
import type { ScoreField } from "../core/scores/score-field.ts";
import type { AnswerCheck } from "../core/verdicts.ts";
import type { Endpoint, RequestSettings } from "../endpoints/endpoint.ts";
import { endpoints } from "../endpoints/index.ts";
import { createAnswerChecker } from "../prompts/answer-checker.ts";
import { answerColumns } from "../prompts/answer-columns.ts";
import { loadExamples } from "../prompts/examples.ts";
import { freeTextPaths } from "../prompts/free-text.ts";
import { loadPrompt, promptNames } from "../prompts/load.ts";
import { flagText, type Prompt } from "../prompts/prompt.ts";
import { promptFromValue } from "../prompts/read-prompt.ts";
import { createRenderer } from "../prompts/renderer.ts";
import { type JsonSchema, loadSchema } from "../prompts/schema.ts";
import { scoreFields } from "../prompts/score-fields.ts";
import { toStrictSchema } from "../prompts/strict-schema.ts";
import { tokenizers } from "../tokens/index.ts";
import { findModel, mergeModels, parseModels } from "../tokens/models.ts";
import type { Tokenizer } from "../tokens/tokenizer.ts";
import type { GradeSettings, RunHost } from "./settings.ts";

/** What a question is made of. */
export type QuestionSettings = Pick<
  GradeSettings,
  | "provider"
  | "model"
  | "models"
  | "encoding"
  | "endpoint"
  | "prompt"
  | "prompts"
  | "system"
  | "user"
  | "field"
  | "schema"
  | "examples"
  | "maxOutputTokens"
  | "temperature"
  | "param"
  | "outputField"
>;

/** Gives the text of a file. */
export type ReadText = (path: string) => Promise<string>;

/** What is asked about each row, of whom, and how its answer is told from none. */
export interface Question {
  readonly endpoint: Endpoint;
  readonly request: RequestSettings;
  readonly render: (fields: Fields) => RenderedPrompt;
  readonly tokenizer: Tokenizer;
  /** Tokens; undefined when it is not known. */
  readonly contextWindow: number | undefined;
  /** Undefined when any text is an answer. */
  readonly check: AnswerCheck | undefined;
  /** The columns that an answer fills in a table. */
  readonly columns: readonly string[];
  /** Paths of the answer's fields that hold text in the model's own words. */
  readonly freeText: ReadonlySet<string>;
  /** The fields of an answer that are counted for the summary. */
  readonly scores: readonly ScoreField[];
}

/** The emulator answers under any name; this one has the tokenizer of today's models. */
const EMULATED_MODEL = "gpt-4.1-mini";
const PLAIN_USER_TEMPLATE = "{{ text }}";

/**
 * Reads prompt, schema, examples and the table of models, and makes the question of them.
 *
 * @param read Gives the texts of the files that the settings name.
 * @throws {ConfigurationError} for anything wrong in them, {@link InputMissingError} for a file that cannot be read,
 *   {@link UsageError} without a model
 */
export async function prepareQuestion(
  settings: QuestionSettings,
  data: RunHost["data"],
  read: ReadText = readUtf8,
): Promise<Question> {
  const files = new SettingsFiles(read);
  const endpoint = await load("endpoint", endpoints, settings.endpoint);
  const prompt = await choosePrompt(settings, data.prompts, files);
  const schema =
    settings.schema === undefined ? prompt.schema : loadSchema(...(await files.read(settings.schema, "schema")));
  const examples = settings.examples === undefined ? undefined : await files.read(settings.examples, "examples");
  const model = modelName(settings);
  return {
    endpoint,
    request: requestSettings(settings, model, schema && { name: prompt.schemaName, schema: toStrictSchema(schema) }),
    render: createRenderer({
      prompt,
      field: settings.field,
      ...(examples === undefined ? {} : { examples: loadExamples(...examples) }),
    }),
    ...(await describeModel(settings, { name: model, models: data.models })),
    check: schema === undefined ? undefined : createAnswerChecker(schema),
    columns: answerColumns(schema, settings.outputField),
    freeText: freeTextPaths(schema),
    scores: scoreFields(schema, settings.outputField),
  };
}

function modelName({ model, provider }: QuestionSettings): string {
  if (model !== undefined) return model;
  if (provider === "emulator") return EMULATED_MODEL;
  throw new UsageError("no model is given", { hint: "Name one with --model, such as --model gpt-4.1-mini." });
}

function requestSettings(
  { maxOutputTokens, temperature, param }: QuestionSettings,
  model: string,
  schema: { readonly name: string; readonly schema: JsonSchema } | undefined,
): RequestSettings {
  return {
    model,
    extra: param,
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(schema === undefined ? {} : { schema }),
  };
}

/**
 * A model's tokenizer and context window.
 *
 * @param open Gives the tokenizer of an encoding.
 * @throws {ConfigurationError} for a model that nobody has described
 */
export async function describeModel(
  settings: Pick<QuestionSettings, "encoding" | "models">,
  { name, models, open = openTokenizer }: ModelName,
): Promise<Pick<Question, "tokenizer" | "contextWindow">> {
  const table = mergeModels(parseModels(models, "config/models.yaml"), settings.models);
  // With an encoding given, a model that nobody has described is not an error.
  const model = settings.encoding === undefined ? findModel(table, name) : table.get(name);
  const encoding = settings.encoding ?? model?.encoding ?? "";
  return { tokenizer: await open(encoding), contextWindow: model?.contextWindow };
}

interface ModelName {
  readonly name: string;
  /** The text of the package's table of models. */
  readonly models: string;
  readonly open?: (encoding: string) => Promise<Tokenizer>;
}

/** @throws {ConfigurationError} for an encoding that is not known */
export function openTokenizer(encoding: string): Promise<Tokenizer> {
  return load("encoding", tokenizers, encoding);
}

async function choosePrompt(settings: QuestionSettings, packagePrompts: string, files: SettingsFiles): Promise<Prompt> {
  const chosen = await namedPrompt(settings, packagePrompts, files);
  const { system, user } = settings;
  const base = chosen ?? {
    name: "flags",
    user: flagText("--user", PLAIN_USER_TEMPLATE),
    schemaName: "answer",
    examples: [],
  };
  return {
    ...base,
    ...(system === undefined ? {} : { system: flagText("--system", system) }),
    ...(user === undefined ? {} : { user: flagText("--user", user) }),
  };
}

/** The prompt that is named, or the one that fits what was said; undefined when the flags say it all. */
async function namedPrompt(
  settings: QuestionSettings,
  packagePrompts: string,
  files: SettingsFiles,
): Promise<Prompt | undefined> {
  const { prompt, system, user, examples, endpoint, prompts } = settings;
  if (prompt === undefined && (system !== undefined || user !== undefined)) return undefined;
  if (prompt === undefined && endpoint === "/v1/embeddings") return undefined;
  const name = prompt ?? (examples === undefined ? "grade" : "style");
  if (Object.hasOwn(prompts, name)) return promptFromValue(prompts[name], name, "the configuration");
  const known = promptNames(packagePrompts, "config/prompts.yaml");
  if (known.includes(name)) return loadPrompt(packagePrompts, "config/prompts.yaml", name);
  if (/[./]/.test(name)) return loadPrompt(...(await files.read(name, "prompt")));
  throw unknownPrompt(name, [...known, ...Object.keys(prompts)]);
}

function unknownPrompt(name: string, known: readonly string[]): ConfigurationError {
  const near = nearest(name, known);
  return new ConfigurationError(`unknown prompt "${name}"`, {
    hint: `${near === undefined ? "" : `Did you mean "${near}"? `}Known: ${known.join(", ")}; or name a YAML file, such as ./${name}.yaml.`,
  });
}

/** The files that the settings name. */
class SettingsFiles {
  readonly #read: ReadText;

  constructor(read: ReadText) {
    this.#read = read;
  }

  /** @returns text and path, as the parsers of texts take them */
  async read(path: string, what: string): Promise<[text: string, file: string]> {
    try {
      return [await this.#read(path), path];
    } catch (cause) {
      throw new InputMissingError(`cannot read the ${what} file ${path}: ${messageOf(cause)}`, {
        hint: "Check the path and its permissions.",
        cause,
      });
    }
  }
}

/** Reads a file from disk. */
export function readUtf8(path: string): Promise<string> {
  return readFile(path, "utf8");
}
