import { optionsOf } from "../../config/options.ts";
import { systemClock } from "../../core/clock.ts";
import { EXIT } from "../../core/errors.ts";
import type { Command, CommandContext } from "../command.ts";
import { writeText } from "../write-text.ts";

/** What tokens cost. */
export const prices: Command = {
  name: "prices",
  summary: "Shows what models cost, from when that is, and who said so",
  usage: "prices [MODEL…] [flags]",
  options: optionsOf("prices"),
  examples: [
    { command: "bg-pipe prices", explains: "Every model, in batches and live" },
    { command: "bg-pipe prices gpt-4.1-mini", explains: "One of them" },
    {
      command: "bg-pipe prices --json | jq '.models[] | select(.batch.input < 0.1) | .model'",
      explains: "For programs",
    },
  ],
  run,
};

async function run({ positionals, configuration, log, stdout }: CommandContext): Promise<number> {
  const { readPrices } = await import("../price-access.ts");
  const { formatPriceList, listPrices, priceListInJson } = await import("../price-list.ts");
  const { ageWarning } = await import("../../pricing/price-age.ts");
  const table = await readPrices(configuration);
  const list = listPrices(table, positionals);
  const warning = ageWarning(table, systemClock.now());
  if (warning !== undefined) log.warn(warning);
  const { json: isJson } = configuration.values;
  await writeText(stdout, isJson ? `${JSON.stringify(priceListInJson(list), null, 2)}\n` : formatPriceList(list));
  return EXIT.ok;
}
