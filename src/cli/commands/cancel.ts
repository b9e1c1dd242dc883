import { optionsOf } from "../../config/options.ts";
import { systemClock } from "../../core/clock.ts";
import { EXIT } from "../../core/errors.ts";
import type { Inventory } from "../../ledger/inventory.ts";
import type { CancelTarget } from "../../pipelines/cancel-targets.ts";
import type { CancellationReport } from "../../report/cancellation.ts";
import type { Command, CommandContext } from "../command.ts";
import { openInventory, openLedger } from "../ledger-access.ts";
import { printReport } from "../print-report.ts";
import type { OpenProvider } from "../provider-access.ts";

/** Ends batches before their time. */
export const cancel: Command = {
  name: "cancel",
  summary: "Cancels batches of unfinished runs, and keeps what they have finished",
  usage: "cancel [RUN|BATCH…] [flags]",
  options: optionsOf("cancel"),
  examples: [
    {
      command: "bg-pipe cancel",
      explains: "The one run that is unfinished; says which there are when there are several",
    },
    { command: "bg-pipe cancel 12", explains: "Run 12, waiting until its batches have ended (up to 10 minutes)" },
    {
      command: "bg-pipe cancel batch_abc123",
      explains: "One batch; the run stays unfinished, and asks again for its rest",
    },
    {
      command: "bg-pipe cancel --all --wait 0",
      explains: "Asks for the end of all, and leaves; run it again to collect",
    },
  ],
  afterSignal: "what was asked to be cancelled goes on to its end at the provider; run cancel again to collect it",
  run,
};

async function run(context: CommandContext): Promise<number> {
  const { stateDir } = context.configuration.values;
  const inventory = await openInventory(context);
  if (inventory === undefined) return print(context, { state_dir: stateDir, runs: [] });
  try {
    const { selectTargets } = await import("../../pipelines/cancel-targets.ts");
    const { all } = context.configuration.values;
    const targets = selectTargets({ words: context.positionals, all }, inventory);
    if (targets.length === 0) return await print(context, { state_dir: stateDir, runs: [] });
    return await cancelTargets(context, targets, inventory);
  } finally {
    inventory.close();
  }
}

async function cancelTargets(context: CommandContext, targets: readonly CancelTarget[], inventory: Inventory) {
  const { cancel: cancelRuns } = await import("../../pipelines/cancel.ts");
  const { pollInterval, wait } = context.configuration.values;
  const { log, signal } = context;
  const open = await openWhereNeeded(context, targets, inventory);
  try {
    const ledger = await openLedger(context);
    const times = { intervalMs: milliseconds(pollInterval), waitMs: milliseconds(wait) };
    const host = { ledger, inventory, provider: open?.provider, ...times, clock: systemClock, log, signal };
    const { report, exitStatus, error } = await cancelRuns(targets, host).finally(() => ledger.close());
    await print(context, report);
    if (error !== undefined) throw error;
    return exitStatus;
  } finally {
    await open?.close();
  }
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

/** Without a batch there is nobody to ask, and no key is needed. */
async function openWhereNeeded(
  context: CommandContext,
  targets: readonly CancelTarget[],
  inventory: Inventory,
): Promise<OpenProvider | undefined> {
  const { chunksAtProvider } = await import("../../pipelines/cancel-targets.ts");
  const { refuseOtherAddress, refuseOtherName } = await import("../../pipelines/check-provider.ts");
  const chunks = targets.flatMap((target) => chunksAtProvider(target, inventory));
  if (chunks.length === 0) return undefined;
  refuseOtherName(chunks, context.configuration.values.provider);
  const { openProvider } = await import("../provider-access.ts");
  const open = await openProvider(context);
  try {
    refuseOtherAddress(chunks, open.provider.identity);
    return open;
  } catch (error) {
    await open.close();
    throw error;
  }
}

async function print(context: CommandContext, report: CancellationReport): Promise<number> {
  const { formatCancellation } = await import("../../report/cancellation.ts");
  await printReport(context, report, formatCancellation);
  return EXIT.ok;
}
