import { optionsOf } from "../../config/options.ts";
import { readPackageText } from "../../config/package-data.ts";
import { EXIT } from "../../core/errors.ts";
import type { CountHost, CountResult } from "../../pipelines/count.ts";
import type { Command, CommandContext } from "../command.ts";
import { boundHeapGrowth } from "../memory.ts";
import { printReport } from "../print-report.ts";
import { refuseTerminalInput } from "../terminal-input.ts";
import { warnOfRows } from "../warn-of-rows.ts";

/** Tokens, before anything is asked. */
export const count: Command = {
  name: "count",
  summary: "Counts the tokens of the requests that grade would make, and what they would cost; makes none",
  usage: "count [INPUT…] [flags]",
  options: optionsOf("count"),
  examples: [
    {
      command: "bg-pipe count answers.jsonl --model gpt-4.1-mini",
      explains: "Tokens per file and per row, batches, and the cost of the input",
    },
    {
      command: "bg-pipe count 'data/*.csv' --model gpt-4.1-mini --prompt grading.yaml --expect-output-tokens 200",
      explains: "With a prompt of your own, and what answers of 200 tokens would cost",
    },
    {
      command: "zcat answers.jsonl.gz | bg-pipe count --model gpt-4.1-mini --system '' --user '{{ text }}'",
      explains: "The field's own tokens, and the few that any request has",
    },
    {
      command: "bg-pipe count answers.jsonl --model gpt-4.1-mini --json | jq .total.tokens.total",
      explains: "For programs",
    },
  ],
  run,
};

async function run(context: CommandContext): Promise<number> {
  refuseTerminalInput("count", context);
  boundHeapGrowth();
  const { configuration, positionals } = context;
  const { count: countRows } = await import("../../pipelines/count.ts");
  const result = await countRows({ ...configuration.values, inputs: positionals }, await hostOf(context));
  warn(context, result);
  await print(context, result);
  return result.uncounted.byCode.size === 0 ? EXIT.ok : EXIT.rowsFailed;
}

async function hostOf(context: CommandContext): Promise<CountHost> {
  const { readPrices } = await import("../price-access.ts");
  const { stdin, log, signal, configuration } = context;
  const prices = await readPrices(configuration);
  const data = { prompts: await readPackageText("prompts.yaml"), models: await readPackageText("models.yaml") };
  return { stdin, log, signal, data, prices, learned: (model) => learn(context, model) };
}

const NOTHING_LEARNED = { tokenLimit: undefined, outputTokens: undefined, overheadTokens: undefined };

/** Where nothing has been run yet, nothing is known, and no ledger is made. */
async function learn(context: CommandContext, model: string) {
  const { openInventory, openLedger } = await import("../ledger-access.ts");
  const { factsOf } = await import("../../providers/known-facts.ts");
  const { provider, baseUrl, endpoint } = context.configuration.values;
  const kind = { provider: (await factsOf(provider, { baseUrl })).identity, endpoint, model };
  const inventory = await openInventory(context);
  if (inventory === undefined) return NOTHING_LEARNED;
  inventory.close();
  const ledger = await openLedger(context);
  try {
    return {
      tokenLimit: ledger.tokenLimit(kind.provider, model),
      outputTokens: ledger.meanOutput(kind.provider, model),
      overheadTokens: ledger.meanOverhead(kind),
    };
  } finally {
    ledger.close();
  }
}

function warn({ log }: CommandContext, { uncounted, tooLarge, report }: CountResult): void {
  warnOfRows(log, uncounted);
  const { bad_rows: badRows, rows } = report.total;
  const codes = [...uncounted.byCode].map(([code, some]) => `${some} ${code}`).join(", ");
  if (badRows > 0) log.warn(`${badRows} of ${rows} rows cannot be asked: ${codes}`);
  if (tooLarge > 0)
    log.warn(`${tooLarge} of ${rows} rows are too large for any batch: they are in no chunk and no cost`);
}

async function print(context: CommandContext, { report, costs, ...details }: CountResult): Promise<void> {
  const { formatCountReport } = await import("../../report/count-text.ts");
  const { displayUsd } = await import("../../pricing/usd.ts");
  const { batch, live } = costs;
  const isPriced = batch !== undefined || live !== undefined;
  const shown = isPriced ? { batch: displayUsd(batch), live: displayUsd(live) } : undefined;
  await printReport(context, report, (one) => formatCountReport(one, { ...details, costs: shown }));
}
