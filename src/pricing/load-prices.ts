import { readFile } from "node:fs/promises";
import { ConfigurationError, messageOf } from "../core/errors.ts";
import { mergePrices, type PriceTable, parsePrices } from "./price-table.ts";

/** What the user's configuration says about prices. */
export interface UserPrices {
  /** Entries as under `prices:`. */
  readonly entries: Readonly<Record<string, unknown>>;
  /** Where they stand, such as `bg-pipe.yaml:3:1`. */
  readonly origin: string;
}

/**
 * Reads the table of prices, with the user's own over it.
 *
 * @param path The table's file, absolute.
 * @throws {ConfigurationError} when it is missing, cannot be read, or is wrong: no money figure is made up
 */
export async function loadPrices(path: string, user: UserPrices): Promise<PriceTable> {
  return mergePrices(parsePrices(await readTable(path), path), user.entries, user.origin);
}

async function readTable(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new ConfigurationError(`cannot read the price table ${path}: ${messageOf(cause)}`, {
      cause,
      hint: "It is part of the package; install bg-pipe again.",
    });
  }
}
