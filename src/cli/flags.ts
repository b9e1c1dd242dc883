import type { Flags } from "../config/layers.ts";
import { definitionOf, didYouMean, isOptionName, type OptionName, optionNames } from "../config/options.ts";
import { UsageError } from "../core/errors.ts";

/** An argument list, understood. */
export interface ParsedArguments {
  readonly positionals: readonly string[];
  readonly flags: Flags;
}

const isSwitch = (name: OptionName) => definitionOf(name).type === "boolean";
const flagNames = optionNames.filter((name) => !definitionOf(name).fileOnly);
const switches = flagNames.filter(isSwitch);
const valued = flagNames.filter((name) => !isSwitch(name));
const aliases = new Map(flagNames.flatMap((name) => aliasEntries(name)));

/**
 * Takes an argument list apart, with the flags of all commands known. Values stay texts. The settings, and the steps
 * before and after, close the gaps of yargs' parser that were found by trying it: it turns `a.b` into objects, counts
 * and booleans into numbers, `--meta=maybe` into false, `-oFILE` into five flags, and lets anything unknown pass.
 *
 * @throws {UsageError} for an unknown flag, naming the nearest, and for a flag without its value
 */
export async function parseArguments(argv: readonly string[]): Promise<ParsedArguments> {
  const { Parser } = await import("yargs/helpers");
  const { argv: parsed, error } = Parser.detailed(prepare(argv), {
    alias: Object.fromEntries([...aliases].map(([letter, name]) => [name, [letter]])),
    boolean: [...switches],
    string: [...valued],
    narg: Object.fromEntries(valued.map((name) => [name, 1])),
    configuration: {
      "camel-case-expansion": false,
      "dot-notation": false,
      "parse-numbers": false,
      "short-option-groups": false,
      "strip-aliased": true,
    },
  });
  const { _: positionals, ...given } = parsed;
  const flags = Object.entries(given).map(([name, value]) => checkFlag(name, value));
  if (error) throw missingValue(error.message);
  return { positionals: positionals.map(String), flags: Object.fromEntries(flags) };
}

/** Parts `-oFILE` into two, and checks what switches are set to; yargs would guess at both. */
function prepare(argv: readonly string[]): string[] {
  const end = argv.indexOf("--");
  const flags = end === -1 ? argv : argv.slice(0, end);
  return [...flags.flatMap(prepareOne), ...argv.slice(flags.length)];
}

function prepareOne(argument: string): string[] {
  const [, letter, attached = ""] = /^-([^-\d])([\s\S]*)$/.exec(argument) ?? [];
  if (letter !== undefined) return prepareLetter(argument, letter, attached);
  const [, key = "", value = ""] = /^--([^=]+)=([\s\S]*)$/.exec(argument) ?? [];
  const isWrong = isOptionName(key) && switches.includes(key) && value !== "true" && value !== "false";
  if (isWrong) throw new UsageError(`--${key} is a switch: it takes no value but true or false`);
  return [argument];
}

function prepareLetter(argument: string, letter: string, attached: string): string[] {
  const name = aliases.get(letter);
  if (name === undefined) throw unknownFlag(attached === "" ? letter : argument.replace(/^-|=.*$/gs, ""));
  if (attached === "" || (attached.startsWith("=") && !isSwitch(name))) return [argument];
  if (isSwitch(name)) throw new UsageError(`-${letter} is a switch: it takes no value`);
  return [`-${letter}`, attached];
}

function checkFlag(name: string, value: unknown): [string, boolean | readonly string[]] {
  if (!isOptionName(name) || !flagNames.includes(name)) throw unknownFlag(name);
  if (switches.includes(name)) return [name, value === true];
  const uses = Array.isArray(value) ? value : [value];
  if (uses.includes(false)) throw new UsageError(`--no-${name}: only switches can be turned off`);
  return [name, uses.map(String)];
}

/** Never shows the value: what was meant for `--api-key` is a secret. */
function unknownFlag(name: string): UsageError {
  if (/^(?:openai[-_]?)?(?:api[-_]?)?(?:key|token)$/i.test(name)) {
    const hint = "Set OPENAI_API_KEY, or name a file that holds the key with --api-key-file.";
    return new UsageError(`there is no flag --${name}: a key on the command line is seen by all`, { hint });
  }
  return new UsageError(`there is no flag ${name.length === 1 ? "-" : "--"}${name}`, {
    hint: `${didYouMean(name, flagNames, "--")}bg-pipe --help lists all.`,
  });
}

/** yargs has only the words "Not enough arguments following: model". */
function missingValue(message: string): UsageError {
  const name = message.slice(message.lastIndexOf(" ") + 1);
  const flag = aliases.get(name) ?? name;
  return new UsageError(`--${flag} needs a value`, { hint: `If the value begins with a dash, write --${flag}=VALUE.` });
}

/**
 * Checks that a command takes all the flags given.
 *
 * @throws {UsageError} naming the first that it does not take
 */
export function checkFlagsOf(command: string, taken: readonly OptionName[], flags: Flags): void {
  const names: readonly string[] = taken;
  const wrong = Object.keys(flags).find((name) => !names.includes(name));
  if (wrong === undefined) return;
  const hint = `${didYouMean(wrong, names, "--")}bg-pipe ${command} --help lists its flags.`;
  throw new UsageError(`${command} does not take the flag --${wrong}`, { hint });
}

function aliasEntries(name: OptionName): [string, OptionName][] {
  const { alias } = definitionOf(name);
  return alias === undefined ? [] : [[alias, name]];
}
