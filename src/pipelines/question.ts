import { UsageError } from "../core/errors.ts";
import type { RenderedPrompt } from "../core/prompt.ts";
import type { Fields } from "../core/records.ts";
import { load } from "../core/registry.ts";
import type { ScoreField } from "../core/scores/score-field.ts";
import type { AnswerCheck } from "../core/verdicts.ts";
import type { AnswerSchema, Endpoint, RequestSettings } from "../endpoints/endpoint.ts";
import { endpoints } from "../endpoints/index.ts";
import { createAnswerChecker } from "../prompts/answer-checker.ts";
import { answerColumns } from "../prompts/answer-columns.ts";
import { loadExamples } from "../prompts/examples.ts";
import { freeTextPaths } from "../prompts/free-text.ts";
import { swapPair } from "../prompts/pair.ts";
import { flagText, type Prompt } from "../prompts/prompt.ts";
import { createRenderer } from "../prompts/renderer.ts";
import { type JsonSchema, loadSchema } from "../prompts/schema.ts";
import { faultInFile, type SchemaFault } from "../prompts/schema-faults.ts";
import { scoreFields } from "../prompts/score-fields.ts";
import { toStrictSchema } from "../prompts/strict-schema.ts";
import { tokenizers } from "../tokens/index.ts";
import { findModel, mergeModels, parseModels } from "../tokens/models.ts";
import type { Tokenizer } from "../tokens/tokenizer.ts";
import { findPrompt } from "./prompt-library.ts";
import type { GradeSettings, RunHost } from "./settings.ts";
import { type ReadText, readSettingsFile, readUtf8 } from "./settings-file.ts";

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
  | "reference"
  | "schema"
  | "strict"
  | "examples"
  | "maxOutputTokens"
  | "temperature"
  | "param"
  | "outputField"
>;

/** What is asked about each row, of whom, and how its answer is told from none. */
export interface Question {
  readonly endpoint: Endpoint;
  readonly request: RequestSettings;
  readonly render: (fields: Fields) => RenderedPrompt;
  /** Of a pairwise prompt: the same with the two texts in the other order. */
  readonly renderSwapped: ((fields: Fields) => RenderedPrompt) | undefined;
  readonly tokenizer: Tokenizer;
  /** Tokens; undefined when it is not known. */
  readonly contextWindow: number | undefined;
  /** Undefined when any text is an answer. */
  readonly check: AnswerCheck | undefined;
  /** The columns that an answer fills in a table. */
  readonly columns: readonly string[];
  /** The fields of an answer that are counted for the summary. */
  readonly scores: readonly ScoreField[];
  /** Those in which a text is written as JSON where it could be taken for another value. */
  readonly mixedColumns: ReadonlySet<string>;
  /** Paths of the answer's fields that hold text in the model's own words. */
  readonly freeText: ReadonlySet<string>;
}

/** What the emulator is asked as when no model is named. It answers under any name; this one has today's tokenizer. */
export const EMULATED_MODEL = "gpt-4.1-mini";
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
  const files: SettingsFiles = (path, what) => readSettingsFile(read, path, what);
  const endpoint = await load("endpoint", endpoints, settings.endpoint);
  const prompt = await choosePrompt(settings, data.prompts, files);
  const asked = await askedSchema(settings, prompt, files);
  const schema = asked?.schema;
  const examples = settings.examples === undefined ? undefined : await files(settings.examples, "examples");
  const { field, reference } = settings;
  const shown = {
    prompt,
    field,
    ...(reference === undefined ? {} : { reference }),
    ...(examples === undefined ? {} : { examples: loadExamples(...examples) }),
  };
  const model = modelName(settings);
  return {
    endpoint,
    request: requestSettings(settings, model, asked && sentSchema(prompt.schemaName, asked)),
    render: createRenderer(shown),
    renderSwapped: prompt.pair && createRenderer({ ...shown, pair: swapPair(prompt.pair) }),
    ...(await describeModel(settings, { name: model, models: data.models })),
    check: schema === undefined ? undefined : createAnswerChecker(schema),
    ...columnsOf(settings, asked),
    scores: scoreFields(schema, settings.outputField),
    freeText: freeTextPaths(schema),
  };
}

/** A schema as the user gave it, and how it is sent. */
interface AskedSchema {
  readonly schema: JsonSchema;
  readonly isStrict: boolean;
  readonly fault: SchemaFault | undefined;
}

async function askedSchema(
  { schema: path, strict }: QuestionSettings,
  prompt: Prompt,
  files: SettingsFiles,
): Promise<AskedSchema | undefined> {
  const isStrict = strict !== false && prompt.isStrict !== false;
  if (path !== undefined && prompt.pair !== undefined) throw pairWithSchema();
  if (path === undefined) return prompt.schema && { schema: prompt.schema, isStrict, fault: prompt.schemaFault };
  const [text, file] = await files(path, "schema");
  return { schema: loadSchema(text, file), isStrict, fault: faultInFile(text, file) };
}

function pairWithSchema(): UsageError {
  return new UsageError("--schema does not go with a pairwise prompt, whose answer says who wins", {
    hint: "Give the prompt a schema of its own, with the property winner.",
  });
}

function sentSchema(name: string, { schema, isStrict, fault }: AskedSchema): AnswerSchema {
  return isStrict ? { name, schema: toStrictSchema(schema, fault) } : { name, schema, isStrict };
}

/** With tools, an answer may be a call in the place of the object. */
function columnsOf({ outputField, param }: QuestionSettings, asked: AskedSchema | undefined) {
  const { names, mixed } = answerColumns(asked?.schema, outputField, asked?.isStrict);
  const calls = ["tool_calls", "text"].map((name) => `${outputField}.${name}`);
  const withCalls = asked !== undefined && "tools" in param && !names.includes(outputField);
  return { columns: withCalls ? [...new Set([...names, ...calls])] : names, mixedColumns: mixed };
}

function modelName({ model, provider }: QuestionSettings): string {
  if (model !== undefined) return model;
  if (provider === "emulator") return EMULATED_MODEL;
  throw new UsageError("no model is given", { hint: "Name one with --model, such as --model gpt-4.1-mini." });
}

function requestSettings(
  { maxOutputTokens, temperature, param }: QuestionSettings,
  model: string,
  schema: AnswerSchema | undefined,
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
  packaged: string,
  files: SettingsFiles,
): Promise<Prompt | undefined> {
  const { prompt, system, user, examples, endpoint, prompts: configured } = settings;
  if (prompt === undefined && (system !== undefined || user !== undefined)) return undefined;
  if (prompt === undefined && endpoint === "/v1/embeddings") return undefined;
  const name = prompt ?? (examples === undefined ? "grade" : "style");
  return findPrompt(name, { packaged, configured }, (path) => files(path, "prompt"));
}

/** Gives the text and the path of a file that the settings name. */
type SettingsFiles = (path: string, what: string) => Promise<[text: string, file: string]>;
