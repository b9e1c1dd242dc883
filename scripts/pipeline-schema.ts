import { z } from "zod";
import type { OptionDefinition } from "../src/config/option-definition.ts";
import { definitionOf, type OptionName } from "../src/config/options.ts";
import { askingOptionNames, pipelineOptionNames } from "../src/config/pipeline/asking-options.ts";
import { ASKING_KINDS } from "../src/config/pipeline/read-steps.ts";
import { pipelineShape } from "../src/config/pipeline/shape.ts";
import { stepKinds } from "../src/pipelines/steps/index.ts";
import { promptShape } from "../src/prompts/prompt.ts";

type JsonSchema = Readonly<Record<string, unknown>>;

/** A variable may stand where another type is asked for. */
const REFERENCE: JsonSchema = { type: "string", pattern: "\\$\\{\\{.*\\}\\}" };

/** The JSON Schema of a pipeline's file, for editors, from the shapes and the option table that it is checked by. */
export async function pipelineSchema(): Promise<string> {
  const { $schema, properties, ...shape } = jsonSchemaOf(pipelineShape);
  const { errors, ...others } = properties as Readonly<Record<string, JsonSchema>>;
  const steps = { type: "array", minItems: 1, items: { $ref: "#/$defs/step" } };
  const branch = { ...errors, properties: { ...(errors?.["properties"] as JsonSchema), steps } };
  const schema = {
    $schema,
    title: "A pipeline of bg-pipe",
    // Written by scripts/write-reference.ts.
    ...shape,
    properties: { ...others, options: optionMap(pipelineOptionNames), steps, errors: branch },
    $defs: {
      askingOptions: optionMap(askingOptionNames),
      step: { anyOf: [...Object.keys(ASKING_KINDS).map(askingStep), ...(await shapingSteps())] },
    },
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function jsonSchemaOf(shape: z.ZodType): JsonSchema {
  return z.toJSONSchema(shape) as JsonSchema;
}

function askingStep(kind: string): JsonSchema {
  return strictMap({ [kind]: { $ref: "#/$defs/askingOptions" }, name: NAME }, [kind]);
}

async function shapingSteps(): Promise<readonly JsonSchema[]> {
  const kinds = await Promise.all(Object.values(stepKinds).map((load) => load()));
  return kinds.map(({ name, summary, keys }) => {
    const { $schema: _, ...schema } = jsonSchemaOf(z.strictObject(keys));
    const properties = { ...(schema["properties"] as JsonSchema), name: NAME };
    return { ...schema, description: `${name} ${summary}`, properties };
  });
}

const NAME = { type: "string", description: "What messages call the step" };

function optionMap(names: readonly OptionName[]): JsonSchema {
  return strictMap(Object.fromEntries(names.map((name) => [name, optionSchema(name)])));
}

function optionSchema(name: OptionName): JsonSchema {
  const definition = definitionOf(name);
  const { $schema: _, ...prompt } = jsonSchemaOf(promptShape);
  const value =
    name === "prompt" ? { anyOf: [{ type: "string" }, prompt] } : { anyOf: [valueSchema(definition), REFERENCE] };
  return { description: definition.summary, ...value };
}

function valueSchema({ type, choices, minimum, maximum }: OptionDefinition): JsonSchema {
  const bounds = { ...(minimum === undefined ? {} : { minimum }), ...(maximum === undefined ? {} : { maximum }) };
  switch (type) {
    case "boolean":
      return { type };
    case "enum":
      return { enum: choices };
    case "list":
      return { type: "array", items: { type: "string" } };
    case "json-map":
      return { type: "object" };
    case "secret":
      return { anyOf: ["env", "file"].map((kind) => strictMap({ [kind]: { type: "string" } }, [kind])) };
    case "integer":
    case "number":
      return { type, ...bounds };
    case "size":
    case "duration":
      return { type: ["number", "string"], ...bounds };
    default:
      return { type: "string" };
  }
}

function strictMap(properties: JsonSchema, required: readonly string[] = []): JsonSchema {
  return { type: "object", properties, ...(required.length === 0 ? {} : { required }), additionalProperties: false };
}
