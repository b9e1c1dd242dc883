import type { Configuration } from "../config/load.ts";
import { packageDataPath } from "../config/package-data.ts";
import { loadPrices } from "../pricing/load-prices.ts";
import type { PriceTable } from "../pricing/price-table.ts";

/**
 * What models cost: the package's table, with the user's prices over it. For whatever needs figures of money.
 *
 * @throws {ConfigurationError} when a table is missing, cannot be read, or is wrong
 */
export function readPrices({ values, origins }: Configuration): Promise<PriceTable> {
  const user = { entries: values.prices, origin: origins.prices ?? "configuration" };
  return loadPrices(packageDataPath("prices.yaml"), user);
}
