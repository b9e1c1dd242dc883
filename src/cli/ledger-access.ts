import { systemClock } from "../core/clock.ts";
import type { Books } from "../ledger/books.ts";
import type { Inventory } from "../ledger/inventory.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Pruner } from "../ledger/pruner.ts";
import type { CommandContext } from "./command.ts";

/** The ledger that the options name, to be looked at; undefined when there is none, and then none is made. */
export async function openInventory(context: CommandContext): Promise<Inventory | undefined> {
  const { inventories } = await import("../ledger/index.ts");
  const open = await inventories.sqlite();
  return open(settingsOf(context));
}

/** Its books, likewise. */
export async function openBooks(context: CommandContext): Promise<Books | undefined> {
  const { books } = await import("../ledger/index.ts");
  const open = await books.sqlite();
  return open(settingsOf(context));
}

/** The same, to be worked with. */
export async function openLedger(context: CommandContext): Promise<Ledger> {
  const { ledgers } = await import("../ledger/index.ts");
  const open = await ledgers.sqlite();
  return open(settingsOf(context));
}

/** The same, to be tidied. */
export async function openPruner(context: CommandContext): Promise<Pruner> {
  const { pruners } = await import("../ledger/index.ts");
  const open = await pruners.sqlite();
  return open(settingsOf(context));
}

function settingsOf({ configuration }: CommandContext) {
  return { directory: configuration.values.stateDir, clock: systemClock };
}
