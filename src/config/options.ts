import { nearest } from "../core/registry.ts";
import type { OptionDefinition, OptionValue } from "./option-definition.ts";
import { aroundOptions } from "./options/around.ts";
import { chunkOptions } from "./options/chunks.ts";
import { costsOptions } from "./options/costs.ts";
import { countingOptions } from "./options/counting.ts";
import { emulatorOptions } from "./options/emulator.ts";
import { inputOutputOptions } from "./options/input-output.ts";
import { judgingOptions } from "./options/judging.ts";
import { ledgerOptions } from "./options/ledger.ts";
import { liveOptions } from "./options/live.ts";
import { observingOptions } from "./options/observing.ts";
import { pipelineOptions } from "./options/pipeline.ts";
import { pricingOptions } from "./options/pricing.ts";
import { providerOptions } from "./options/provider.ts";
import { requestOptions } from "./options/request.ts";
import { splittingOptions } from "./options/splitting.ts";
import { stoppingOptions } from "./options/stopping.ts";

/** Every option there is: the one source of flags, environment names, YAML keys, defaults, help and reference. */
export const options = {
  ...inputOutputOptions,
  ...splittingOptions,
  ...requestOptions,
  ...judgingOptions,
  ...providerOptions,
  ...chunkOptions,
  ...countingOptions,
  ...liveOptions,
  ...stoppingOptions,
  ...pricingOptions,
  ...costsOptions,
  ...ledgerOptions,
  ...pipelineOptions,
  ...emulatorOptions,
  ...observingOptions,
  ...aroundOptions,
} as const satisfies Record<string, OptionDefinition>;

type Options = typeof options;
export type OptionName = keyof Options;

type CamelCase<Text extends string> = Text extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Text;

/** Options that always have a value: those with a default, and maps and lists, which may be empty. */
type Settled = {
  [Name in OptionName]: Options[Name] extends { readonly default: unknown } | { readonly type: "json-map" | "list" }
    ? Name
    : never;
}[OptionName];

/** The checked values of all options, under their names in camel case. Durations are in seconds, sizes in units. */
export type RunOptions = {
  readonly [Name in Settled as CamelCase<Name>]: OptionValue<Options[Name]>;
} & {
  readonly [Name in Exclude<OptionName, Settled> as CamelCase<Name>]?: OptionValue<Options[Name]>;
};

/** The names of all options, in the table's order. */
export const optionNames = Object.keys(options) as readonly OptionName[];

/** Whether there is an option of that name. */
export function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(options, name);
}

/** An option's definition, without the exact types of its entry. */
export function definitionOf(name: OptionName): OptionDefinition {
  return options[name];
}

/** The options a command takes; `config` takes all, to show what they would do; `run` and `test` take those of `grade`. */
export function optionsOf(command: string): readonly OptionName[] {
  if (command === "config") return optionNames;
  const likeGrade = command === "run" || command === "test";
  return optionNames.filter((name) => {
    const { commands } = definitionOf(name);
    return commands.includes(command) || (likeGrade && commands.includes("grade"));
  });
}

/** The environment variable of an option's own: `BG_PIPE_MAX_BATCHES` for `max-batches`. */
export function environmentName(name: OptionName): string {
  return `BG_PIPE_${name.toUpperCase().replaceAll("-", "_")}`;
}

/** All environment variables that set an option, the strongest first. None for those that only files may set. */
export function environmentNames(name: OptionName): readonly string[] {
  const definition = definitionOf(name);
  return definition.fileOnly ? [] : [environmentName(name), ...(definition.environment ?? [])];
}

/** The property of {@link RunOptions} that holds an option: `maxBatches` for `max-batches`. */
export function propertyName(name: OptionName): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * A question that names the nearest of some names, for a hint, with a space behind it; empty when none is near.
 *
 * @param prefix Put before the name, such as `--`.
 */
export function didYouMean(name: string, candidates: readonly string[], prefix = ""): string {
  const near = nearest(name, candidates);
  return near === undefined ? "" : `Did you mean ${prefix}${near}? `;
}
