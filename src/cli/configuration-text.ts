import type { Configuration } from "../config/load.ts";
import { OPTION_GROUPS, type OptionDefinition } from "../config/option-definition.ts";
import { definitionOf, type OptionName, optionNames, propertyName } from "../config/options.ts";
import { redact } from "../core/redact.ts";

/** How a configuration is printed. */
export interface PrintOptions {
  readonly isJson: boolean;
  /** Masked wherever they stand. */
  readonly secrets: Iterable<string>;
}

/**
 * Every option's value and origin: as JSON `{name: {value, origin}}`, or as YAML that could serve as a
 * configuration file, with what is not set, or cannot stand in a file, as comments.
 */
export function configurationAsText(configuration: Configuration, { isJson, secrets }: PrintOptions): string {
  const settings = optionNames.map((name) => settingOf(name, configuration));
  const text = isJson
    ? JSON.stringify(Object.fromEntries(settings.map(({ name, value, origin }) => [name, { value, origin }])), null, 2)
    : settings.map(yamlLine).join("\n");
  return `${redact(text, secrets)}\n`;
}

/** What `config check` says of a configuration that could be loaded. */
export function checkReport({ files, warnings }: Configuration, { isJson }: { isJson: boolean }): string {
  if (isJson) return `${JSON.stringify({ ok: true, files, warnings }, null, 2)}\n`;
  return `ok: ${files.join(", ")}\n`;
}

/** A configuration file in which every option that a file may set stands as a comment. */
export function starterConfiguration(): string {
  const groups = Object.entries(OPTION_GROUPS).map(([group, title]) => {
    const names = optionNames.filter((name) => definitionOf(name).group === group && !definitionOf(name).flagOnly);
    return [`# --- ${title} ---`, ...names.map(starterLines)].join("\n\n");
  });
  return `# Configuration of bg-pipe. Take the # away from what you want to set.\n\n${groups.join("\n\n")}\n`;
}

interface PrintedSetting {
  readonly name: OptionName;
  readonly value: unknown;
  readonly origin: string | null;
}

function settingOf(name: OptionName, { values, origins }: Configuration): PrintedSetting {
  const value: unknown = Object.entries(values).find(([property]) => property === propertyName(name))?.[1];
  return { name, value: value ?? null, origin: origins[name] ?? null };
}

function yamlLine({ name, value, origin }: PrintedSetting): string {
  const { flagOnly, defaultText } = definitionOf(name);
  const setting = `${name}:${origin === null ? "" : ` ${JSON.stringify(value)}`}`;
  const fallback = defaultText === undefined ? "not set" : `not set: ${defaultText}`;
  return `${(flagOnly || origin === null ? `# ${setting}` : setting).padEnd(40)}  # ${origin ?? fallback}`;
}

function starterLines(name: OptionName): string {
  const definition = definitionOf(name);
  return `# ${definition.summary}${choicesOf(definition)}\n# ${name}: ${JSON.stringify(sampleOf(definition))}`;
}

function choicesOf({ type, choices = [] }: OptionDefinition): string {
  return type === "enum" ? ` (${choices.join(", ")})` : "";
}

function sampleOf({ default: value, example }: OptionDefinition): unknown {
  return example ?? value;
}
