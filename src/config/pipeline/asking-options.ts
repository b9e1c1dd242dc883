import { placeIn } from "../../core/text-origin.ts";
import type { Places } from "../../prompts/read-prompt.ts";
import { readPrompt } from "../../prompts/read-prompt.ts";
import { type FilePlace, withPaths } from "../file-paths.ts";
import type { Layer, Setting } from "../layers.ts";
import { definitionOf, type OptionName, optionsOf } from "../options.ts";
import { isMap } from "../structured-values.ts";
import { parseData } from "../values.ts";
import { placesIn, unknownKey } from "./places.ts";

/** Keys of the file have these, or they are for a whole run. */
const OF_ENDS: readonly OptionName[] = ["input-format", "output-format", "output", "errors"];
/** The log is open before the file is read, and plug-ins have a key of their own. */
const OF_PROGRAM: readonly OptionName[] = [
  "log-level",
  "log-format",
  "log-file",
  "log-file-size",
  "log-file-count",
  "quiet",
  "plugins",
];
const OF_RUN: readonly OptionName[] = ["on-error", "max-record-bytes"];

/** Options that may stand under `options:`, for the whole pipeline. */
export const pipelineOptionNames = optionsOf("grade").filter(
  (name) => ![...OF_ENDS, ...OF_PROGRAM].includes(name) && !definitionOf(name).flagOnly,
);

/** Options that may stand in a step that asks. */
export const askingOptionNames = pipelineOptionNames.filter(
  (name) => !OF_RUN.includes(name) && definitionOf(name).group !== "around",
);

interface OptionsPlace {
  readonly places: Places;
  readonly file: FilePlace;
  /** Names that are right here. */
  readonly names: readonly OptionName[];
  /** What a prompt that is written out here is called. */
  readonly promptName: string;
}

/**
 * Options as a pipeline's file gives them, as a layer of the configuration.
 *
 * @throws {ConfigurationError} naming file, line, column and key, and the nearest right key for a wrong one
 */
export function optionLayer(values: Readonly<Record<string, unknown>>, place: OptionsPlace): Layer {
  const layer = new Map<OptionName, Setting>();
  const { places, file, promptName } = place;
  for (const [key, value] of Object.entries(values)) {
    const name = place.names.find((known) => known === key);
    if (name === undefined) throw unknownKey(places, key, place.names);
    const origin = placeIn(places.originOf([key]));
    if (name === "prompt" && isMap(value)) {
      readPrompt(placesIn(places, [key]), { name: promptName, value, path: [] });
      layer.set("prompts", { value: { [promptName]: value }, origin });
      layer.set("prompt", { value: promptName, origin });
      continue;
    }
    const parsed = parseData(definitionOf(name), value);
    if ("problem" in parsed) throw places.error([key], "value", `${name} ${parsed.problem}`);
    layer.set(name, { value: withPaths(name, parsed.value, file), origin });
  }
  return layer;
}
