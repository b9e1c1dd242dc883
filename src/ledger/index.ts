import type { Clock } from "../core/clock.ts";
import type { Books } from "./books.ts";
import type { Inventory } from "./inventory.ts";
import type { Ledger } from "./ledger.ts";
import type { Pruner } from "./pruner.ts";

export interface LedgerSettings {
  readonly directory: string;
  readonly clock: Clock;
}

/** Every ledger back end, by name. */
export const ledgers = {
  sqlite: () => import("./sqlite.ts").then((module) => module.openSqliteLedger),
} satisfies Record<string, () => Promise<(settings: LedgerSettings) => Ledger>>;

/** The same, to be looked at; there may be none to look at. */
export const inventories = {
  sqlite: () => import("./sqlite.ts").then((module) => module.openSqliteInventory),
} satisfies Record<keyof typeof ledgers, () => Promise<(settings: LedgerSettings) => Inventory | undefined>>;

/** The same, for what was spent. */
export const books = {
  sqlite: () => import("./sqlite.ts").then((module) => module.openSqliteBooks),
} satisfies Record<keyof typeof ledgers, () => Promise<(settings: LedgerSettings) => Books | undefined>>;

/** The same, to be tidied. */
export const pruners = {
  sqlite: () => import("./sqlite.ts").then((module) => module.openSqlitePruner),
} satisfies Record<keyof typeof ledgers, () => Promise<(settings: LedgerSettings) => Pruner>>;
