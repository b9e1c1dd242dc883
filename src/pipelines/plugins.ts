import { z } from "zod";
import { ConfigurationError } from "../core/errors.ts";
import { extend, type Registry } from "../core/registry.ts";
import type { RowFunction } from "../core/row-function.ts";
import type { Format } from "../formats/format.ts";
import { formats } from "../formats/index.ts";
import { providers } from "../providers/index.ts";
import type { Provider, ProviderSettings } from "../providers/provider.ts";
import { tokenizers } from "../tokens/index.ts";
import type { Tokenizer } from "../tokens/tokenizer.ts";
import { notePlugin } from "./loaded-plugins.ts";
import { stepKinds } from "./steps/index.ts";
import { loadModule, whyNotLoaded } from "./steps/load-module.ts";
import type { StepKind } from "./steps/step-kind.ts";
import { createUserStep } from "./steps/user-stage.ts";

/** What a plug-in brings, by name. Each is loaded when it is asked for. */
export interface Plugin {
  readonly name: string;
  readonly providers?: Registry<(settings: ProviderSettings) => Provider>;
  readonly formats?: Registry<Format>;
  readonly tokenizers?: Registry<Tokenizer>;
  /** Steps of pipelines: `- NAME: { options }`. */
  readonly stages?: Registry<RowFunction>;
}

/** Gives a plug-in back as it is, with its type checked: `export default definePlugin({ name: "mine", … })`. */
export function definePlugin(plugin: Plugin): Plugin {
  return plugin;
}

const loaders = z
  .record(
    z.string(),
    z.custom<() => Promise<unknown>>((value) => typeof value === "function"),
  )
  .optional();
const shape = z.strictObject({
  name: z.string().min(1),
  providers: loaders,
  formats: loaders,
  tokenizers: loaders,
  stages: loaders,
});

/** Plug-ins that are there already; one may be named in several files. */
const loaded = new Set<unknown>();
const broughtProviders = new Set<string>();

/**
 * Loads a plug-in, and makes what it brings known under its names, for as long as the process lives.
 *
 * @param name A module's path, relative to the folder of the file that names it, or a package's name.
 * @throws {ConfigurationError} naming the plug-in
 */
export async function loadPlugin(name: string, folder: string): Promise<Plugin> {
  const module = await loadModule(name, folder).catch((cause: unknown) => {
    throw new ConfigurationError(`the plug-in ${name} cannot be loaded: ${whyNotLoaded(cause)}`, { cause });
  });
  const parsed = shape.safeParse(module["default"]);
  if (!parsed.success) throw noPlugin(name, parsed.error);
  const plugin = module["default"] as Plugin;
  if (loaded.has(plugin)) return plugin;
  register(plugin, `the plug-in ${plugin.name} (${name})`);
  loaded.add(plugin);
  notePlugin({ name, folder });
  return plugin;
}

/** Whether a provider came with a plug-in, and so may need no key. */
export function isBrought(provider: string): boolean {
  return broughtProviders.has(provider);
}

function register(plugin: Plugin, by: string): void {
  extend("provider", providers, plugin.providers ?? {}, by);
  extend("format", formats, plugin.formats ?? {}, by);
  extend("encoding", tokenizers, plugin.tokenizers ?? {}, by);
  const kinds = Object.entries(plugin.stages ?? {}).map(
    ([name, load]) => [name, () => kindOf(name, load, by)] as const,
  );
  extend<StepKind>("step", stepKinds, Object.fromEntries(kinds), by);
  for (const name of Object.keys(plugin.providers ?? {})) broughtProviders.add(name);
}

async function kindOf(name: string, load: () => Promise<RowFunction>, by: string): Promise<StepKind> {
  const stage = await load();
  if (typeof stage !== "function") throw new ConfigurationError(`${by}: its stage ${name} is no function`);
  return {
    name,
    summary: `is a step of ${by}`,
    keys: { [name]: z.record(z.string(), z.unknown()).nullable(), concurrency: z.int().min(1).max(1000).optional() },
    create: ({ value, beside, label }) => {
      const options = (value ?? {}) as Readonly<Record<string, unknown>>;
      return createUserStep(stage, { label, options, concurrency: Number(beside["concurrency"] ?? 8) });
    },
    explain: () => `runs ${name} of ${by} over each row`,
  };
}

function noPlugin(name: string, { issues }: z.ZodError): ConfigurationError {
  const [issue] = issues;
  const place = issue === undefined || issue.path.length === 0 ? "" : ` (${issue.path.join(".")})`;
  return new ConfigurationError(`the plug-in ${name} is none${place}: ${issue?.message ?? "its shape is another"}`, {
    hint: "Its default export is definePlugin({ name, providers, formats, tokenizers, stages }).",
  });
}
