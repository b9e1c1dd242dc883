import { optionsOf } from "../../config/options.ts";
import { systemClock } from "../../core/clock.ts";
import { EXIT, UsageError } from "../../core/errors.ts";
import type { Inventory } from "../../ledger/inventory.ts";
import type { GarbageReport } from "../../report/garbage.ts";
import type { Command, CommandContext } from "../command.ts";
import { openInventory, openLedger, openPruner } from "../ledger-access.ts";
import { printReport } from "../print-report.ts";

/** Tidies the ledger. */
export const gc: Command = {
  name: "gc",
  summary: "Deletes from the ledger what nobody can miss, and with --older-than old answers too",
  usage: "gc [flags]",
  options: optionsOf("gc"),
  examples: [
    { command: "bg-pipe gc", explains: "Deletes what killed runs have left; no answer is lost" },
    {
      command: "bg-pipe gc --older-than 30d --dry-run",
      explains: "Says how many answers would go, and how much room that makes",
    },
    { command: "bg-pipe gc --older-than 30d", explains: "Deletes them: asking the same again costs again" },
    { command: "bg-pipe gc --remote", explains: "Deletes files, too, that are left at the provider" },
  ],
  afterSignal: "what is deleted is deleted; run gc again for the rest",
  run,
};

async function run(context: CommandContext): Promise<number> {
  const [word] = context.positionals;
  if (word !== undefined) throw new UsageError(`gc takes no ${JSON.stringify(word)}`);
  const inventory = await openInventory(context);
  const report = inventory === undefined ? await nothing(context) : await collect(context, inventory);
  const { formatGarbage } = await import("../../report/garbage.ts");
  await printReport(context, report, formatGarbage);
  if (!report.dry_run) context.record.info("ledger.pruned", { rows: report.rows, files: report.files });
  const isPartly = report.held_back_by !== null && report.settled_before !== null;
  return isPartly ? EXIT.unfinished : EXIT.ok;
}

async function nothing({ configuration }: CommandContext): Promise<GarbageReport> {
  const { noGarbage } = await import("../../pipelines/collect-garbage.ts");
  return noGarbage(configuration.values);
}

async function collect(context: CommandContext, inventory: Inventory): Promise<GarbageReport> {
  const { collectGarbage } = await import("../../pipelines/collect-garbage.ts");
  const { values } = context.configuration;
  const { log, signal } = context;
  const pruner = await openPruner(context);
  try {
    const remote = values.remote ? await openRemote(context) : undefined;
    const host = { inventory, pruner, remote, clock: systemClock, log, signal };
    return await collectGarbage(values, host).finally(() => remote?.close());
  } finally {
    inventory.close();
    // Last: the connection that writes is the one that can put the log away.
    pruner.close();
  }
}

async function openRemote(context: CommandContext) {
  const { openProvider } = await import("../provider-access.ts");
  const { provider, close } = await openProvider(context);
  const ledger = await openLedger(context);
  return { provider, ledger, close: () => close().finally(() => ledger.close()) };
}
