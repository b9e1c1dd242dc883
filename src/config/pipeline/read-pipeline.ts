import { basename } from "node:path";
import { nearest } from "../../core/registry.ts";
import type { Places } from "../../prompts/read-prompt.ts";
import { YamlFile } from "../../prompts/yaml-file.ts";
import { displayPath, pathFromFile } from "../directories.ts";
import type { FilePlace } from "../file-paths.ts";
import type { Layer } from "../layers.ts";
import { definitionOf, isOptionName, type OptionName, optionNames } from "../options.ts";
import { loadPluginsOf } from "../plugins.ts";
import { checkMap, isMap } from "../structured-values.ts";
import { parseData } from "../values.ts";
import { optionLayer, pipelineOptionNames } from "./asking-options.ts";
import type { FileEnd, PipelineFile } from "./pipeline-file.ts";
import { placesIn, shapeError } from "./places.ts";
import { readSteps } from "./read-steps.ts";
import { type PipelineShape, type PipelineTest, pipelineShape } from "./shape.ts";
import { fillIn, setVariables, type Variable, type Variables, withPlaceholders } from "./variables.ts";

const KEYS = Object.keys(pipelineShape.shape);

export interface ReadPipelineOptions {
  readonly file: FilePlace;
  /** What `--set` says: `NAME=VALUE`. */
  readonly set: readonly string[];
  /** Whether the file is only checked: variables that have to be set get their own names. */
  readonly isCheck?: true;
}

/** The tests of a pipeline's file, as they stand there. @throws {ConfigurationError} for a file of another shape */
export function readTests(text: string, path: string): readonly PipelineTest[] {
  const yaml = new YamlFile(text, path);
  return checkShape(yaml, yaml.toValue()).tests ?? [];
}

/**
 * Reads a pipeline's file, loads the modules that its steps name, and checks everything that can be checked before a row
 * is read.
 *
 * @throws {ConfigurationError} naming file, line, column and key, and the nearest right key for a wrong one
 * @throws {UsageError} for a wrong `--set`
 */
export async function readPipeline(text: string, options: ReadPipelineOptions): Promise<PipelineFile> {
  const { file } = options;
  const path = displayPath(file.path, file.cwd);
  const yaml = new YamlFile(text, path);
  const shape = filledShape(yaml, options);
  await loadPluginsOf(text, file);
  const { input, output, errors, tests = [], description, steps } = shape;
  const place = (at: readonly PropertyKey[], title: string) => ({ places: placesIn(yaml, at), file, title });
  const errorSteps = errors?.steps ?? [];
  const given = inputsOf(input, { yaml, file });
  const ends = {
    output: endOf(output, { yaml, file }, ["output"]),
    errors: endOf(errors?.output, { yaml, file }, ["errors", "output"]),
  };
  const spoken = optionLayer(shape.options ?? {}, {
    places: placesIn(yaml, ["options"]),
    file,
    names: pipelineOptionNames,
    promptName: "pipeline",
  });
  return {
    path,
    name: basename(file.path).replace(/\.ya?ml$/i, ""),
    description,
    inputs: given.inputs,
    output: ends.output,
    options: new Map([...spoken, ...layerOfEnds(given.inputFormat, ends, path)]),
    steps: await readSteps(steps, place(["steps"], "step")),
    errors: errors && {
      steps: await readSteps(errorSteps, place(["errors", "steps"], "errors step")),
      output: ends.errors,
    },
    tests,
  };
}

/** Where rows come from and go to, among the other layers. */
function layerOfEnds(
  inputFormat: string | undefined,
  { output, errors }: Readonly<Record<"output" | "errors", FileEnd>>,
  origin: string,
): Layer {
  const said: readonly (readonly [OptionName, string | undefined])[] = [
    ["input-format", inputFormat],
    ["output", output.output],
    ["output-format", output.outputFormat],
    ["errors", errors.output],
  ];
  return new Map(said.flatMap(([name, value]) => (value === undefined ? [] : [[name, { value, origin }] as const])));
}

/** Whether a YAML text is a pipeline and not a configuration: it has steps, or what may be meant to be. */
export function isPipeline(text: string, path: string): boolean {
  const value = new YamlFile(text, path).toValue();
  if (!isMap(value)) return false;
  const known = [...optionNames, "steps"];
  return Object.keys(value).some((key) => !isOptionName(key) && nearest(key, known) === "steps");
}

function filledShape(yaml: YamlFile, { set, isCheck }: ReadPipelineOptions): PipelineShape {
  const value = yaml.toValue();
  if (!isMap(value))
    throw yaml.error([], "value", "a pipeline is a map with the key steps", `Known: ${KEYS.join(", ")}.`);
  checkShape(yaml, value);
  const declared = variablesOf(value["vars"]);
  const problem = checkMap(Object.fromEntries(declared));
  if ("problem" in problem) throw yaml.error(["vars"], "value", `vars ${problem.problem}`);
  const { vars: _, tests, ...rest } = value;
  const variables = setVariables(declared, set);
  const filled = fillIn(rest, isCheck ? withPlaceholders(variables) : variables, yaml);
  const shape = checkShape(yaml, filled);
  return tests === undefined ? shape : { ...shape, tests: tests as NonNullable<PipelineShape["tests"]> };
}

function checkShape(yaml: YamlFile, value: unknown): PipelineShape {
  const parsed = pipelineShape.safeParse(value);
  if (!parsed.success) throw shapeError(yaml, parsed.error.issues, pipelineShape);
  return parsed.data;
}

/** The shape was checked. */
function variablesOf(vars: unknown): Variables {
  return new Map(Object.entries((vars ?? {}) as Readonly<Record<string, Variable>>));
}

function inputsOf(
  input: PipelineShape["input"],
  { yaml, file }: EndPlace,
): { readonly inputs: readonly string[]; readonly inputFormat: string | undefined } {
  const { files, format } =
    typeof input === "object" && !Array.isArray(input) ? input : { files: input ?? [], format: undefined };
  const names = typeof files === "string" ? [files] : files;
  const inputFormat =
    format === undefined ? undefined : formatOf("input-format", format, placesIn(yaml, ["input", "format"]));
  return { inputs: names.map((name) => pathFromFile(name, file.path, file)), inputFormat };
}

function endOf(output: PipelineShape["output"], { yaml, file }: EndPlace, at: readonly PropertyKey[]): FileEnd {
  const end: { readonly file?: string | undefined; readonly format?: string | undefined } =
    typeof output === "string" ? { file: output } : (output ?? {});
  const { file: name, format } = end;
  return {
    ...(name === undefined ? {} : { output: pathFromFile(name, file.path, file) }),
    ...(format === undefined
      ? {}
      : { outputFormat: formatOf("output-format", format, placesIn(yaml, [...at, "format"])) }),
  };
}

interface EndPlace {
  readonly yaml: YamlFile;
  readonly file: FilePlace;
}

function formatOf(option: "input-format" | "output-format", given: string, places: Places): string {
  const parsed = parseData(definitionOf(option), given);
  if ("problem" in parsed) throw places.error([], "value", `format ${parsed.problem}`);
  return String(parsed.value);
}
