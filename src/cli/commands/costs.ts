import { optionsOf } from "../../config/options.ts";
import { calendarOf } from "../../core/calendar.ts";
import { systemClock } from "../../core/clock.ts";
import { EXIT, UsageError } from "../../core/errors.ts";
import type { CostGroup, CostsReport } from "../../report/costs.ts";
import type { Command, CommandContext } from "../command.ts";

/** What was spent. */
export const costs: Command = {
  name: "costs",
  summary: "Shows what was spent, by day, model and run, and what the ledger saved; makes no request",
  usage: "costs [flags]",
  options: optionsOf("costs"),
  examples: [
    { command: "bg-pipe costs", explains: "All time, today, the last days and runs, and every model" },
    { command: "bg-pipe costs --since 7d --by model", explains: "The last seven days, by model" },
    { command: "bg-pipe costs --since 2026-11-01 --until 2026-11-30 --by day", explains: "A month, day by day" },
    { command: "bg-pipe costs --json | jq '.all_time.cost_usd'", explains: "For programs; null when it is not known" },
  ],
  run,
};

/** What is shown unless --by says otherwise; and how much of it. */
const USUAL: readonly CostGroup[] = ["day", "model", "run"];
const USUAL_LINES = 10;

async function run(context: CommandContext): Promise<number> {
  const [word] = context.positionals;
  if (word !== undefined) throw new UsageError(`costs takes no ${JSON.stringify(word)}`);
  const { parseWindow } = await import("../time-window.ts");
  const { stateDir, by, since, until, utc: isUtc } = context.configuration.values;
  const now = systemClock.now();
  const question = {
    stateDir,
    groups: by === undefined ? USUAL : [by],
    window: parseWindow({ since, until, isUtc, now }),
    calendar: calendarOf({ isUtc }),
    now,
  };
  const { takeCosts } = await import("../../pipelines/take-costs.ts");
  const { openBooks } = await import("../ledger-access.ts");
  const books = await openBooks(context);
  try {
    await print(context, takeCosts(books, question));
  } finally {
    books?.close();
  }
  return EXIT.ok;
}

async function print(context: CommandContext, report: CostsReport): Promise<void> {
  const { formatCosts } = await import("../../report/costs-text.ts");
  const { displayUsd } = await import("../../pricing/usd.ts");
  const { printReport } = await import("../print-report.ts");
  const most = context.configuration.values.by === undefined ? USUAL_LINES : undefined;
  const width = context.stdout.columns;
  await printReport(context, report, (costs) => formatCosts(costs, { usd: displayUsd, most, width }));
}
