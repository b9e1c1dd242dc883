import type { Configuration } from "../config/load.ts";
import type { OptionName, RunOptions } from "../config/options.ts";

/**
 * The settings of a filter that writes no graded rows. Where `grade` writes, and as what, may stand in a configuration
 * file; a filter goes by its own flags.
 */
export function filterSettings({ values, origins }: Pick<Configuration, "values" | "origins">): RunOptions {
  const { output, outputDir: _, errors, outputFormat, ...rest } = values;
  const isFlag = (name: OptionName) => origins[name]?.startsWith("flag ") === true;
  return {
    ...rest,
    ...(output !== undefined && isFlag("output") ? { output } : {}),
    ...(errors !== undefined && isFlag("errors") ? { errors } : {}),
    ...(outputFormat !== undefined && isFlag("output-format") ? { outputFormat } : {}),
  };
}
