import { dirname } from "node:path";
import { z } from "zod";
import { load } from "../../core/registry.ts";
import { stepKinds } from "../../pipelines/steps/index.ts";
import type { Places } from "../../prompts/read-prompt.ts";
import type { FilePlace } from "../file-paths.ts";
import type { Layer } from "../layers.ts";
import { isOptionName, type OptionName } from "../options.ts";
import { isMap } from "../structured-values.ts";
import { askingOptionNames, optionLayer } from "./asking-options.ts";
import type { FileAsking, FileStep } from "./pipeline-file.ts";
import { placesIn, shapeError, unknownKey } from "./places.ts";

/** Steps that ask, by their key: what each asks by default beside the options' own defaults. */
export const ASKING_KINDS = {
  grade: new Map<OptionName, string>(),
  ask: new Map<OptionName, string>([
    ["output-field", "answer"],
    ["field", "text"],
  ]),
} as const;
/** What may stand beside a step's own key. */
const COMMON = ["name"];

type RawStep = Readonly<Record<string, unknown>>;

export interface StepsPlace {
  readonly places: Places;
  readonly file: FilePlace;
  /** What a step is called that has no name: `step 2`. */
  readonly title: string;
}

/** Reads steps one by one. @throws {ConfigurationError} naming file, line, column and key */
export async function readSteps(raw: readonly RawStep[], place: StepsPlace): Promise<readonly FileStep[]> {
  const steps: FileStep[] = [];
  for (const [index, step] of raw.entries()) steps.push(await new StepReader(step, index, place).read());
  return steps;
}

class StepReader {
  readonly #raw: RawStep;
  readonly #places: Places;
  readonly #place: StepsPlace;
  readonly #number: number;

  constructor(raw: RawStep, index: number, place: StepsPlace) {
    this.#raw = raw;
    this.#places = placesIn(place.places, [index]);
    this.#place = place;
    this.#number = index + 1;
  }

  async read(): Promise<FileStep> {
    const kind = this.#kind();
    return Object.hasOwn(ASKING_KINDS, kind) ? this.#asking(kind as keyof typeof ASKING_KINDS) : this.#shaping(kind);
  }

  /** The one key that names a kind of step. */
  #kind(): string {
    const known = [...Object.keys(ASKING_KINDS), ...Object.keys(stepKinds)];
    const [first, second] = Object.keys(this.#raw).filter((key) => known.includes(key));
    if (second !== undefined) {
      throw this.#places.error(
        [second],
        "key",
        `a step is one thing, and this one is ${first} and ${second}`,
        ONE_HINT,
      );
    }
    if (first !== undefined) return first;
    const stray = Object.keys(this.#raw).find((key) => !COMMON.includes(key));
    throw unknownKey(this.#places, stray ?? "", known);
  }

  #asking(kind: keyof typeof ASKING_KINDS): FileAsking {
    const label = this.#label(kind);
    const stray = Object.keys(this.#raw).find((key) => key !== kind && !COMMON.includes(key));
    if (stray !== undefined) throw unknownKey(this.#places, stray, [kind, ...COMMON]);
    const value = this.#raw[kind] ?? {};
    if (!isMap(value)) throw this.#places.error([kind], "value", `${kind} has to be a map of options`);
    const { file } = this.#place;
    const places = placesIn(this.#places, [kind]);
    const layer = optionLayer(value, { places, file, names: askingOptionNames, promptName: label });
    if (kind === "ask" && !isQuestion(layer))
      throw this.#places.error([kind], "key", "ask has no question", QUESTION_HINT);
    return { kind: "ask", label, layer: withDefaults(layer, ASKING_KINDS[kind]) };
  }

  async #shaping(name: string): Promise<FileStep> {
    const kind = await load("step", stepKinds, name);
    const shape = z.strictObject({ ...kind.keys, name: z.string().min(1).optional() });
    const parsed = shape.safeParse(this.#raw);
    if (!parsed.success) throw shapeError(this.#places, parsed.error.issues, shape);
    const label = this.#label(name);
    const folder = dirname(this.#place.file.path);
    const value = this.#raw[name];
    const step = await kind.create({ value, beside: this.#raw, places: this.#places, folder, label });
    return { kind: "rows", label, explains: kind.explain(value), step };
  }

  #label(kind: string): string {
    const { name } = this.#raw;
    if (name !== undefined && typeof name !== "string")
      throw this.#places.error(["name"], "value", "name has to be a text");
    return name ?? `${this.#place.title} ${this.#number} (${kind})`;
  }
}

const QUESTION_HINT = "Say what is asked with prompt, or with system, or user.";

/** An embedding is made of the text alone. */
function isQuestion(layer: Layer): boolean {
  const isEmbedding = layer.get("endpoint")?.value === "/v1/embeddings";
  return isEmbedding || ["prompt", "system", "user"].some((name) => isOptionName(name) && layer.has(name));
}

const ONE_HINT = "Begin another step with a dash of its own.";

function withDefaults(layer: Layer, defaults: ReadonlyMap<OptionName, string>): Layer {
  return new Map([...[...defaults].map(([name, value]) => [name, { value, origin: "default" }] as const), ...layer]);
}
