import { z } from "zod";
import { ConfigurationError } from "../core/errors.ts";
import { nearest, unknownName } from "../core/registry.ts";
import { tokenizers } from "./index.ts";
import { ModelsFile } from "./models-file.ts";

/** What is known about a model. */
export interface Model {
  /** The name of its tokenizer. */
  readonly encoding: string;
  /** Tokens of input and output together; absent when not known. */
  readonly contextWindow?: number;
  /** Tokens of one answer, reasoning included; absent for embedding models, and when not known. */
  readonly maxOutputTokens?: number;
  /** Where this was read. */
  readonly source?: string;
  /** The day up to which it is known to have held. */
  readonly asOf?: string;
}

/** Models by name. */
export type ModelTable = ReadonlyMap<string, Model>;

const encodings = Object.keys(tokenizers);
const tokenCount = z.int("must be a whole number of tokens").positive();
const date = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, "must be a date such as 2026-11-21");

const modelShape = z.strictObject({
  encoding: z.enum(encodings, { error: (issue) => encodingProblem(issue.input) }),
  context_window: tokenCount.optional(),
  max_output_tokens: tokenCount.optional(),
  source: z.string().optional(),
  as_of: date.optional(),
});
const fileShape = z.strictObject({ updated: date, models: z.record(z.string(), modelShape) });
const KNOWN_KEYS = [...Object.keys(modelShape.shape), ...Object.keys(fileShape.shape)];

type ModelEntry = z.infer<typeof modelShape>;
type Issue = z.core.$ZodIssue;

/**
 * Reads a table of models from a YAML file's text.
 *
 * @throws {ConfigurationError} naming file:line:column, the key, and the nearest right one.
 */
export function parseModels(yamlText: string, file: string): ModelTable {
  const source = new ModelsFile(yamlText, file);
  const parsed = fileShape.safeParse(source.toValue());
  if (!parsed.success) throw shapeError(parsed.error.issues, (path, at) => source.placeOf(path, at));
  return new Map(Object.entries(parsed.data.models).map(([name, entry]) => [name, toModel(entry)]));
}

/**
 * The user's models over the known ones: a new name is added, and an entry for a known name changes what it says.
 *
 * @param user Entries as under `models:` in a configuration.
 * @throws {ConfigurationError} for an entry that is wrong, or a new model without an encoding.
 */
export function mergeModels(base: ModelTable, user: Readonly<Record<string, unknown>>): ModelTable {
  const merged = new Map(base);
  for (const [name, value] of Object.entries(user)) {
    const parsed = modelShape.safeParse(isObject(value) ? { ...toEntry(base.get(name)), ...value } : value);
    if (!parsed.success) throw shapeError(parsed.error.issues, () => `models.${name}`);
    merged.set(name, toModel(parsed.data));
  }
  return merged;
}

/**
 * Finds a model by its name; a dated snapshot and a fine-tuned model by the name of the one they were made from.
 *
 * @throws {ConfigurationError} listing the nearest and the known ones.
 */
export function findModel(models: ModelTable, name: string): Model {
  for (const candidate of namesFor(name)) {
    const model = models.get(candidate);
    if (model !== undefined) return model;
  }
  const { message, hint } = unknownName("model", name, [...models.keys()]);
  throw new ConfigurationError(message, {
    hint: `${hint} Describe it under models: in the configuration, or give its encoding with --encoding.`,
  });
}

/** The names an entry may stand under, the most exact first. */
function namesFor(name: string): readonly string[] {
  const [kind, tuned = ""] = name.split(":");
  if (kind === "ft") return [name, ...namesFor(tuned)];
  const own = name.replace(/^openai\//, "");
  return [name, own, own.replace(/-(?:\d{4}-\d{2}-\d{2}|\d{4})$/, "")];
}

function toModel({ encoding, context_window, max_output_tokens, source, as_of }: ModelEntry): Model {
  return {
    encoding,
    ...(context_window !== undefined && { contextWindow: context_window }),
    ...(max_output_tokens !== undefined && { maxOutputTokens: max_output_tokens }),
    ...(source !== undefined && { source }),
    ...(as_of !== undefined && { asOf: as_of }),
  };
}

function toEntry(model: Model | undefined): Partial<ModelEntry> {
  if (model === undefined) return {};
  const { encoding, contextWindow, maxOutputTokens, source, asOf } = model;
  return { encoding, context_window: contextWindow, max_output_tokens: maxOutputTokens, source, as_of: asOf };
}

function shapeError(issues: readonly Issue[], place: Place): ConfigurationError {
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  if (issue?.code === "unrecognized_keys") return unknownKey(issue.keys[0] ?? "", issue.path, place);
  const path = issue?.path ?? [];
  const subject = path.length === 0 ? "" : `${path.join(".")}: `;
  return new ConfigurationError(`${place(path, "value")}: ${subject}${issue?.message ?? "is wrong"}`);
}

/** Says where a value or its key stands. */
type Place = (path: readonly PropertyKey[], at: "key" | "value") => string;

function unknownKey(key: string, path: readonly PropertyKey[], place: Place): ConfigurationError {
  const near = nearest(key, KNOWN_KEYS);
  return new ConfigurationError(`${place([...path, key], "key")}: unknown key "${key}"`, {
    hint: `${near === undefined ? "" : `Did you mean "${near}"? `}Known: ${KNOWN_KEYS.join(", ")}.`,
  });
}

function encodingProblem(value: unknown): string {
  if (value === undefined) return `is missing; known encodings: ${encodings.join(", ")}`;
  const near = nearest(String(value), encodings);
  const hint = near === undefined ? "" : ` Did you mean "${near}"?`;
  return `unknown encoding "${value}".${hint} Known: ${encodings.join(", ")}`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
