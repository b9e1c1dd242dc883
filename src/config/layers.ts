import { ConfigurationError, UsageError } from "../core/errors.ts";
import type { Environment } from "./environment.ts";
import type { Parsed } from "./option-definition.ts";
import { definitionOf, environmentNames, isOptionName, type OptionName, optionNames } from "./options.ts";
import { isMap } from "./structured-values.ts";
import { parseData, parseTexts, parseVariable } from "./values.ts";

/** A value and where it came from, such as `flag --model` or `bg-pipe.yaml:3:8`. */
export interface Setting {
  readonly value: unknown;
  readonly origin: string;
}

/** The values that one source sets. */
export type Layer = ReadonlyMap<OptionName, Setting>;

/** Flags as the command line gave them: texts in order of use, or a switch's state. */
export type Flags = Readonly<Record<string, boolean | readonly string[]>>;

/** The layer of the table's own defaults. */
export function defaultLayer(): Layer {
  const layer = new Map<OptionName, Setting>();
  for (const name of optionNames) {
    const definition = definitionOf(name);
    const isEmptyable = definition.type === "json-map" || definition.type === "list";
    const fallback = definition.type === "json-map" ? {} : [];
    const data = definition.default ?? (isEmptyable ? fallback : undefined);
    if (data === undefined) continue;
    layer.set(name, { value: settled(parseData(definition, data), name), origin: "default" });
  }
  return layer;
}

/**
 * The layer of the environment. A variable set to the empty text is not set.
 *
 * @throws {ConfigurationError} for a value that is not of the option's type
 */
export function environmentLayer(environment: Environment): Layer {
  const layer = new Map<OptionName, Setting>();
  for (const name of optionNames) {
    const variable = environmentNames(name).find((candidate) => (environment[candidate] ?? "") !== "");
    if (variable === undefined) continue;
    const parsed = parseVariable(definitionOf(name), environment[variable] ?? "");
    layer.set(name, { value: settled(parsed, `environment variable ${variable}`), origin: `env ${variable}` });
  }
  return layer;
}

/**
 * The layer of the flags.
 *
 * @throws {UsageError} for a value that is not of the option's type
 */
export function flagLayer(flags: Flags): Layer {
  const layer = new Map<OptionName, Setting>();
  for (const [name, given] of Object.entries(flags)) {
    if (!isOptionName(name)) throw new UsageError(`there is no flag --${name}`);
    const parsed = typeof given === "boolean" ? { value: given } : parseTexts(definitionOf(name), given);
    if ("problem" in parsed) throw new UsageError(`--${name} ${parsed.problem}`);
    layer.set(name, { value: parsed.value, origin: `flag --${name}` });
  }
  return layer;
}

/** Puts layers over each other, the weakest first. Maps are merged, at all depths; anything else is replaced. */
export function mergeLayers(layers: readonly Layer[]): Layer {
  const merged = new Map<OptionName, Setting>();
  for (const layer of layers) {
    for (const [name, setting] of layer) merged.set(name, mergeSettings(merged.get(name), setting, name));
  }
  return merged;
}

function mergeSettings(below: Setting | undefined, above: Setting, name: OptionName): Setting {
  if (below === undefined || definitionOf(name).type !== "json-map") return above;
  const origin = below.origin === "default" ? above.origin : `${above.origin} over ${below.origin}`;
  return { value: mergeData(below.value, above.value), origin };
}

/** `Object.fromEntries` defines properties, so a key `__proto__` is one like any other. */
function mergeData(below: unknown, above: unknown): unknown {
  if (!isMap(below) || !isMap(above)) return above;
  const merged = new Map(Object.entries(below));
  for (const [key, value] of Object.entries(above)) merged.set(key, mergeData(merged.get(key), value));
  return Object.fromEntries(merged);
}

function settled(parsed: Parsed, subject: string): unknown {
  if ("problem" in parsed) throw new ConfigurationError(`${subject} ${parsed.problem}`);
  return parsed.value;
}
