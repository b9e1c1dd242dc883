import { join } from "node:path";
import { readApiKey } from "../config/secrets.ts";
import { readTextFile } from "../config/text-file.ts";
import { systemClock } from "../core/clock.ts";
import type { Provider, ProviderSettings } from "../providers/provider.ts";
import type { CommandContext } from "./command.ts";
import { faultOptions, setFaultsAside } from "./emulator-options.ts";

/** How a command reaches its provider. */
export interface ProviderAccess extends Pick<ProviderSettings, "baseUrl" | "apiKey" | "isEmbedded"> {
  /** Ends what was started for it. */
  close(): Promise<void>;
}

/**
 * Finds the provider that the options name: its key, and for the emulator without an address, one in this process.
 *
 * @throws {KeyRefusedError} when there is no key where one is needed
 */
export async function accessProvider(context: CommandContext): Promise<ProviderAccess> {
  const { provider, baseUrl } = context.configuration.values;
  if (provider === "emulator" && baseUrl === undefined) return embedEmulator(context);
  setFaultsAside(context);
  return { baseUrl, apiKey: await keyOf(context), isEmbedded: false, close: async () => {} };
}

/** A provider that is open, and the way to let go of all that was started for it. */
export interface OpenProvider {
  readonly provider: Provider;
  close(): Promise<void>;
}

/** Opens the provider that {@link accessProvider} finds. */
export async function openProvider(context: CommandContext): Promise<OpenProvider> {
  const { log, signal, configuration } = context;
  const { providers } = await import("../providers/index.ts");
  const create = await providers[configuration.values.provider]();
  const access = await accessProvider(context);
  const { baseUrl, apiKey, isEmbedded } = access;
  try {
    const provider = create({ baseUrl, apiKey, isEmbedded, log, clock: systemClock, signal });
    return { provider, close: () => provider.close().finally(() => access.close()) };
  } catch (error) {
    await access.close();
    throw error;
  }
}

/** Its files are in the state directory, so that a later run finds its batches. */
async function embedEmulator({ configuration }: CommandContext): Promise<ProviderAccess> {
  const faults = await faultOptions(configuration);
  const { startEmulator } = await import("../emulator/server.ts");
  const directory = join(configuration.values.stateDir, "emulator");
  const emulator = await startEmulator({ directory, clock: systemClock, ...faults });
  return { baseUrl: emulator.url, apiKey: undefined, isEmbedded: true, close: () => emulator.close() };
}

/** A rehearsal needs no key: neither on an emulator, unless one is named, nor when nothing is sent. */
async function keyOf({ configuration, environment, secrets }: CommandContext): Promise<string | undefined> {
  const { values } = configuration;
  const isNamed = values.apiKey !== undefined || values.apiKeyFile !== undefined;
  if (values.provider === "emulator" && !isNamed) return undefined;
  if (values.dryRun) return "none";
  const { isBrought } = await import("../pipelines/plugins.ts");
  if (isBrought(values.provider) && !isNamed && !environment["OPENAI_API_KEY"]) return undefined;
  const key = await readApiKey({ values, environment, readFile: readTextFile });
  secrets.add(key);
  return key;
}
