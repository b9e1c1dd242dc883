import type { OptionDefinition } from "../config/option-definition.ts";
import { definitionOf, type OptionName } from "../config/options.ts";

/** How an option is written as a flag: `-o, --output FILE`, or `--[no-]meta` for a switch. */
export function flagForms(name: OptionName): string {
  const definition = definitionOf(name);
  const short = definition.alias === undefined ? "" : `-${definition.alias}, `;
  return isSwitch(name) ? `${short}--[no-]${name}` : `${short}--${name} ${valueWord(definition)}`;
}

/** The names of an option's flag: the long one, then the one-letter one if there is one. */
export function flagNames(name: OptionName): readonly string[] {
  const { alias } = definitionOf(name);
  return alias === undefined ? [`--${name}`] : [`--${name}`, `-${alias}`];
}

/** What an option's value is called: its own word, else its type's. */
export function valueWord({ type, value }: OptionDefinition): string {
  return value ?? (type === "enum" ? "WORD" : type === "string" ? "TEXT" : "N");
}

/** Whether an option is on or off, and takes no value. */
export function isSwitch(name: OptionName): boolean {
  return definitionOf(name).type === "boolean";
}

/** Whether an option's value may be a path. */
export function hasPath(name: OptionName): boolean {
  return definitionOf(name).path !== undefined;
}
