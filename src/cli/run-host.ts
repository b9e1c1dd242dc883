import { readPackageText } from "../config/package-data.ts";
import { systemClock } from "../core/clock.ts";
import type { RunHost } from "../pipelines/settings.ts";
import type { CommandContext } from "./command.ts";
import type { ProviderAccess } from "./provider-access.ts";

/** What surrounds a run that asks a provider. */
export async function runHostOf(context: CommandContext, { apiKey, isEmbedded }: ProviderAccess): Promise<RunHost> {
  const { stdin, stdout, log, signal } = context;
  const { readPrices } = await import("./price-access.ts");
  const prices = await readPrices(context.configuration);
  const data = { prompts: await readPackageText("prompts.yaml"), models: await readPackageText("models.yaml") };
  return { stdin, stdout, log, clock: systemClock, signal, apiKey, isEmbedded, data, prices };
}
