import type { Counters } from "../core/counters.ts";
import { ledgers } from "../ledger/index.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { providers } from "../providers/index.ts";
import type { Provider } from "../providers/provider.ts";
import type { GradeSettings, RunHost } from "./settings.ts";

/** The provider that the settings name. */
export async function openProvider(settings: GradeSettings, host: RunHost, counters: Counters): Promise<Provider> {
  const { provider, baseUrl, keepRemote: keepsFiles } = settings;
  const create = await providers[provider]();
  const { apiKey, isEmbedded, log, clock, signal } = host;
  const onCall = (operation: string, code: string) => counters.apiCalls.add({ operation, code });
  return create({ baseUrl, apiKey, isEmbedded, keepsFiles, onCall, log, clock, signal });
}

/** The ledger of the state directory. */
export async function openLedger({ stateDir }: GradeSettings, { clock }: RunHost): Promise<Ledger> {
  const open = await ledgers.sqlite();
  return open({ directory: stateDir, clock });
}

/** What a run is about, for people who look at the ledger. */
export function runLabel({ inputs, output, outputDir }: GradeSettings, model: string): string {
  const from = inputs.length === 0 ? "stdin" : inputs.join(" ");
  const to = output === "-" ? "stdout" : (output ?? outputDir ?? "stdout");
  return `${from} → ${to}, ${model}`;
}
