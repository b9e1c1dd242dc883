import type { Clock } from "../core/clock.ts";
import type { Ledger } from "./ledger.ts";

export interface LedgerSettings {
  readonly directory: string;
  readonly clock: Clock;
}

/** Every ledger back end, by name. */
export const ledgers = {
  sqlite: () => import("./sqlite.ts").then((module) => module.openSqliteLedger),
} satisfies Record<string, () => Promise<(settings: LedgerSettings) => Ledger>>;
