import { type ConfigurationFile, configurationFiles, type FileSources } from "./configuration-files.ts";
import { stateDirectory } from "./directories.ts";
import { defaultLayer, environmentLayer, type Flags, flagLayer, type Layer, mergeLayers } from "./layers.ts";
import { environmentName, type OptionName, propertyName, type RunOptions } from "./options.ts";
import { foundAddress, misspelledVariables } from "./warnings.ts";

/** Everything a configuration is made of. */
export interface ConfigurationSources extends FileSources {
  readonly flags: Flags;
  /** What a pipeline's file sets, the weakest first: over the project's file, below the environment. */
  readonly pipeline?: readonly Layer[];
}

/** All options' values, and where each came from. */
export interface Configuration {
  readonly values: RunOptions;
  /** By option name: `flag --model`, `env BG_PIPE_MODEL`, `bg-pipe.yaml:3:8` or `default`, with its place in the package. */
  readonly origins: Readonly<Partial<Record<OptionName, string>>>;
  /** The configuration files that were read, the weakest first. */
  readonly files: readonly string[];
  /** What is legal but looks like a mistake, as sentences. */
  readonly warnings: readonly string[];
}

/**
 * Puts the configuration together: the table's defaults, then `config/defaults.yaml` of the package, the user's
 * file, the project's file, the environment, and the flags; the later win, and maps merge at all depths.
 *
 * @throws {UsageError} for a flag's value that is not of its type
 * @throws {ConfigurationError} for a wrong key or value anywhere else, or a `--config` file that is not there
 */
export async function loadConfiguration(sources: ConfigurationSources): Promise<Configuration> {
  const files = await configurationFiles(sources, chosenFile(sources));
  // Behind the files: their plug-ins may bring what flags and variables name.
  const flags = flagLayer(sources.flags);
  const environment = environmentLayer(sources.environment);
  const layers = [
    ownDefaults(sources),
    ...files.map((file) => file.layer),
    ...(sources.pipeline ?? []),
    environment,
    flags,
  ];
  return assemble(mergeLayers(layers), sources, files);
}

function chosenFile({ flags: { config: given }, environment }: ConfigurationSources): string | undefined {
  const flag = Array.isArray(given) ? String(given.at(-1) ?? "") : "";
  const variable = environment[environmentName("config")] ?? "";
  return [flag, variable].find((path) => path !== "");
}

/** The configuration without any file or variable: defaults and flags. For commands that must work when those are broken. */
export function flagConfiguration(sources: ConfigurationSources): Configuration {
  return assemble(mergeLayers([ownDefaults(sources), flagLayer(sources.flags)]), sources, []);
}

function ownDefaults({ environment, home }: ConfigurationSources): Layer {
  const layer = new Map(defaultLayer());
  return layer.set("state-dir", { value: stateDirectory(environment, home), origin: "default" });
}

/** The one place where values checked one by one are taken for the type that the same table gives them. */
function assemble(settings: Layer, sources: ConfigurationSources, files: readonly ConfigurationFile[]): Configuration {
  const entries = [...settings];
  return {
    values: Object.fromEntries(entries.map(([name, { value }]) => [propertyName(name), value])) as RunOptions,
    origins: Object.fromEntries(entries.map(([name, { origin }]) => [name, origin])),
    files: files.map(({ path }) => path),
    warnings: [...misspelledVariables(sources.environment), ...foundAddress(settings.get("base-url"), files)],
  };
}
