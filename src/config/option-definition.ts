/** What an option's value is. A `size` is a whole number with an optional suffix (`200MB`, `10MiB`, `50k`). */
export type OptionType =
  | "string"
  | "integer"
  | "size"
  | "number"
  | "boolean"
  | "duration"
  | "list"
  | "enum"
  | "json-map"
  | "secret";

/** Headings of the help text and the reference, in this order. */
export const OPTION_GROUPS = {
  input: "Input and output",
  request: "Request",
  judging: "Judging",
  provider: "Provider",
  chunks: "Chunks",
  live: "Live",
  stopping: "Stopping and going on",
  money: "Money",
  ledger: "Ledger",
  emulator: "Emulator",
  around: "Around it",
} as const;
export type OptionGroup = keyof typeof OPTION_GROUPS;

/**
 * One option: its flag, its environment variables, its YAML key, its line in the help and in the reference.
 * Nothing about an option is written down anywhere else.
 */
export interface OptionDefinition {
  readonly type: OptionType;
  /** One line, without a full stop. */
  readonly summary: string;
  readonly group: OptionGroup;
  /** Names of the commands that take it. */
  readonly commands: readonly string[];
  /** As a user would write it. A map's default is the empty map, and need not be said. */
  readonly default?: string | number | boolean;
  /** What happens without it, for the help, where that is no value of the option. */
  readonly defaultText?: string;
  /** A legal value, for `config init` and the reference. Needed where there is no default. */
  readonly example?: string | number | boolean | readonly string[] | Readonly<Record<string, unknown>>;
  /** The legal values of an `enum`; hints for completion elsewhere. */
  readonly choices?: readonly string[];
  /** Other spellings of the choices. */
  readonly synonyms?: Readonly<Record<string, string>>;
  /** Smallest legal number. */
  readonly minimum?: number;
  /** Largest legal number. */
  readonly maximum?: number;
  /** Environment variables that set it, beside (and after) its own `BG_PIPE_…`. */
  readonly environment?: readonly string[];
  /** One letter, for `-o`. */
  readonly alias?: string;
  /** What the help calls the value, such as FILE. */
  readonly value?: string;
  /** A path; given in a YAML file it counts from that file's folder. A `name-or-file` is a path if it has a slash or ends in `.yaml` or `.yml`. */
  readonly path?: "file" | "directory" | "name-or-file";
  /** Whether the empty text is a value. */
  readonly mayBeEmpty?: true;
  /** Configuration files may not set it. */
  readonly flagOnly?: true;
  /** Only configuration files may set it. */
  readonly fileOnly?: true;
}

/** Where a secret is to be found. The secret itself never stands in a configuration. */
export type SecretReference = { readonly file: string } | { readonly env: string };

/** The TypeScript type of an option's value. Durations are in seconds, sizes plain numbers. */
export type OptionValue<D extends OptionDefinition> = D["type"] extends "boolean"
  ? boolean
  : D["type"] extends "integer" | "size" | "number" | "duration"
    ? number
    : D["type"] extends "list"
      ? readonly string[]
      : D["type"] extends "json-map"
        ? Readonly<Record<string, unknown>>
        : D["type"] extends "secret"
          ? SecretReference
          : D["type"] extends "enum"
            ? D["choices"] extends readonly (infer Choice)[]
              ? Choice
              : never
            : string;

/** A checked value, or what is wrong with it: the end of a sentence that begins with the option's name. */
export type Parsed = { readonly value: unknown } | { readonly problem: string };
