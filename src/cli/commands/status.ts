import { optionsOf } from "../../config/options.ts";
import { systemClock } from "../../core/clock.ts";
import { EXIT, UsageError } from "../../core/errors.ts";
import type { Inventory, RunSelection } from "../../ledger/inventory.ts";
import type { StatusSelection } from "../../pipelines/take-status.ts";
import type { StatusReport } from "../../report/status.ts";
import type { Command, CommandContext } from "../command.ts";
import { openInventory, openLedger } from "../ledger-access.ts";
import { printReport } from "../print-report.ts";

/** What is in the ledger. */
export const status: Command = {
  name: "status",
  summary: "Shows the ledger's runs, their chunks and batches",
  usage: "status [RUN…] [flags]",
  options: optionsOf("status"),
  examples: [
    { command: "bg-pipe status", explains: "Runs that are unfinished, or were at work in the last 7 days" },
    { command: "bg-pipe status 12", explains: "Run 12, chunk by chunk" },
    { command: "bg-pipe status --refresh", explains: "Asks the provider first how far its batches are" },
    { command: "bg-pipe status --watch", explains: "Shows them as they go on, those that nobody waits for, too" },
    {
      command: "bg-pipe status --json | jq '.runs[] | select(.state == \"unfinished\") | .run'",
      explains: "For programs",
    },
  ],
  run,
};

const RECENT_MS = 7 * 86_400_000;

async function run(context: CommandContext): Promise<number> {
  const { emptyStatus, takeStatus } = await import("../../pipelines/take-status.ts");
  const { stateDir, refresh: isRefreshing, watch: isWatching, json } = context.configuration.values;
  if (isWatching && json) throw new UsageError("--watch shows a view, and --json prints a text: take one of them");
  const inventory = await openInventory(context);
  if (inventory === undefined) return print(context, emptyStatus(stateDir));
  try {
    const selection = select(context, inventory);
    if (isWatching) return await watch(context, inventory, selection);
    if (isRefreshing) await refresh(context, inventory);
    return await print(context, takeStatus(stateDir, inventory, selection));
  } finally {
    inventory.close();
  }
}

function select({ positionals, configuration }: CommandContext, inventory: Inventory): StatusSelection {
  const { all } = configuration.values;
  if (all && positionals.length > 0) throw new UsageError("--all takes no numbers of runs");
  const ids = positionals.map(runNumber);
  const selection: RunSelection =
    ids.length > 0
      ? { kind: "numbered", ids }
      : all
        ? { kind: "all" }
        : { kind: "current", since: systemClock.now() - RECENT_MS };
  const runs = inventory.runs(selection);
  const missing = ids.find((id) => !runs.some((run) => run.id === id));
  if (missing !== undefined) throw new UsageError(`there is no run ${missing}`, { hint: "--all shows all there are." });
  return { runs, withChunks: ids.length > 0 };
}

function runNumber(word: string): number {
  const id = Number(word);
  if (/^\d+$/.test(word) && Number.isSafeInteger(id)) return id;
  throw new UsageError(`status takes numbers of runs, not ${JSON.stringify(word)}`);
}

/** A provider none of whose batches is in flight is not opened, and takes no key. */
async function refresh(context: CommandContext, inventory: Inventory): Promise<void> {
  const { providerName } = await import("../../pipelines/check-provider.ts");
  const { refreshBatches, warnOfOthers } = await import("../../pipelines/refresh-batches.ts");
  const { log, signal, configuration } = context;
  const chunks = inventory.openChunks().filter(({ state }) => state === "submitted");
  const isNamed = chunks.some(({ provider }) => providerName(provider) === configuration.values.provider);
  if (!isNamed) return warnOfOthers(chunks, configuration.values.provider, log);
  const { openProvider } = await import("../provider-access.ts");
  const { provider, close } = await openProvider(context);
  const ledger = await openLedger(context);
  try {
    await refreshBatches(chunks, { provider, ledger, log, signal });
  } finally {
    ledger.close();
    await close();
  }
}

async function watch(context: CommandContext, inventory: Inventory, { runs }: StatusSelection): Promise<number> {
  const { watchStatus } = await import("../watch-status.ts");
  const ids = runs.map(({ id }) => id);
  return watchStatus(context, { inventory, runs: ids, refresh: () => refresh(context, inventory) });
}

async function print(context: CommandContext, report: StatusReport): Promise<number> {
  const { formatStatus } = await import("../../report/status-text.ts");
  await printReport(context, report, (status) => formatStatus(status, systemClock.now()));
  return EXIT.ok;
}
