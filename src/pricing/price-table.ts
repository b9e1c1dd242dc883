import { z } from "zod";
import { ConfigurationError } from "../core/errors.ts";
import { nearest, unknownName } from "../core/registry.ts";
import type { Price } from "./price.ts";
import { ENTRY_KEYS, entryShape, toEntryData, toPrice } from "./price-entry.ts";
import { PriceFile } from "./price-file.ts";

/** What models cost. */
export interface PriceTable {
  /** The day the table was put together, such as `2026-11-21`. */
  readonly updated: string;
  readonly models: ReadonlyMap<string, Price>;
}

/** A price, and the name it stands under. */
export interface FoundPrice {
  readonly entry: string;
  readonly price: Price;
}

const fileShape = z.strictObject({
  updated: z.iso.date({ error: "has to be a date such as 2026-11-21" }),
  models: z.record(z.string(), entryShape, { error: "has to be a map of models" }),
});
const KNOWN_KEYS = [...Object.keys(fileShape.shape), ...ENTRY_KEYS];

type Issue = z.core.$ZodIssue;

/**
 * Reads the package's table of prices from a YAML file's text.
 *
 * @throws {ConfigurationError} naming file:line:column, the key, and the nearest right one
 */
export function parsePrices(yamlText: string, file: string): PriceTable {
  const source = new PriceFile(yamlText, file);
  const parsed = fileShape.safeParse(source.toValue());
  if (!parsed.success) throw shapeError(parsed.error.issues, (path, at) => source.placeOf(path, at));
  const { updated, models } = parsed.data;
  return { updated, models: new Map(Object.entries(models).map(([name, entry]) => [name, toPrice(entry, "package")])) };
}

/**
 * The user's prices over the known ones: a new name is added; an entry for a known name changes what it says, at all
 * depths, but for lists, which are replaced.
 *
 * @param user Entries as under `prices:` in a configuration.
 * @param origin Where they stand, such as `bg-pipe.yaml:3:1`.
 * @throws {ConfigurationError} for an entry that is wrong
 */
export function mergePrices(base: PriceTable, user: Readonly<Record<string, unknown>>, origin: string): PriceTable {
  const models = new Map(base.models);
  for (const [name, given] of Object.entries(user)) {
    const known = base.models.get(name);
    const parsed = entryShape.safeParse(known === undefined ? given : mergeData(toEntryData(known), given));
    if (!parsed.success) throw shapeError(parsed.error.issues, () => `${origin}: prices.${name}`);
    models.set(name, toPrice(parsed.data, origin));
  }
  return { ...base, models };
}

/**
 * Finds a model's price: under its own name, or under that of the model a dated snapshot (`gpt-4.1-mini-2025-04-14`)
 * was taken of. A fine-tuned model (`ft:…`) has prices of its own, and is found under its own name only.
 *
 * @returns undefined for a model whose price is not known
 */
export function findPrice({ models }: PriceTable, name: string): FoundPrice | undefined {
  const names = name.startsWith("ft:") ? [name] : [name, name.replace(/-\d{4}-\d{2}-\d{2}$/, "")];
  for (const entry of names) {
    const price = models.get(entry);
    if (price !== undefined) return { entry, price };
  }
  return undefined;
}

/** The error for a model whose price is needed and not known: lists the nearest and the known ones. */
export function unknownPrice({ models }: PriceTable, name: string): ConfigurationError {
  const { hint } = unknownName("model", name, [...models.keys()]);
  return new ConfigurationError(`there is no price for model "${name}"`, {
    hint: `${hint} Give it one under prices: in the configuration.`,
  });
}

function mergeData(below: unknown, above: unknown): unknown {
  if (!isMap(below) || !isMap(above)) return above;
  const merged = new Map(Object.entries(below));
  for (const [key, value] of Object.entries(above)) merged.set(key, mergeData(merged.get(key), value));
  return Object.fromEntries(merged);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Says where a value or its key stands. */
type Place = (path: readonly PropertyKey[], at: "key" | "value") => string;

function shapeError(issues: readonly Issue[], place: Place): ConfigurationError {
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  const path = issue?.path ?? [];
  if (issue?.code === "unrecognized_keys") return unknownKey(issue.keys[0] ?? "", path, place);
  const subject = path.length === 0 ? "" : `${path.join(".")} `;
  return new ConfigurationError(`${place(path, "value")}: ${subject}${issue?.message ?? "is wrong"}`);
}

function unknownKey(key: string, path: readonly PropertyKey[], place: Place): ConfigurationError {
  const near = nearest(key, KNOWN_KEYS);
  const where = place([...path, key], "key");
  return new ConfigurationError(`${where}: unknown key "${[...path, key].join(".")}"`, {
    hint: near === undefined ? `Known: ${KNOWN_KEYS.join(", ")}.` : `Did you mean "${near}"?`,
  });
}
