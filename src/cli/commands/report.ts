import { optionsOf } from "../../config/options.ts";
import { systemClock } from "../../core/clock.ts";
import { EXIT, UsageError } from "../../core/errors.ts";
import type { Inventory, RunEntry } from "../../ledger/inventory.ts";
import type { RunReport } from "../../report/run-report.ts";
import type { Command, CommandContext } from "../command.ts";

/** A run, to be looked at in a browser. */
export const report: Command = {
  name: "report",
  summary: "Makes a page of a run: scores, failures, tokens, cost, batches over time; makes no request",
  usage: "report [RUN|latest] [flags]",
  options: optionsOf("report"),
  examples: [
    { command: "bg-pipe report -o report.html", explains: "The latest run, as a page that stands by itself" },
    { command: "bg-pipe report 12 > run-12.html", explains: "Run 12, as bg-pipe status numbers them" },
    { command: "bg-pipe report latest --json | jq '.scores[] | {field, mean}'", explains: "The numbers, for programs" },
  ],
  words: ["latest"],
  run,
};

async function run(context: CommandContext): Promise<number> {
  const word = wantedRun(context.positionals);
  const { openBooks, openInventory } = await import("../ledger-access.ts");
  const inventory = await openInventory(context);
  const books = await openBooks(context);
  if (inventory === undefined || books === undefined) throw noRun(word);
  try {
    const { takeReport } = await import("../../pipelines/take-report.ts");
    const now = systemClock.now();
    await write(context, takeReport(find(word, inventory), { inventory, books, now }));
  } finally {
    books.close();
    inventory.close();
  }
  return EXIT.ok;
}

/** @returns a number, or `latest` */
function wantedRun([word = "latest", other]: readonly string[]): number | "latest" {
  if (other !== undefined) throw new UsageError("report takes one run", { hint: "Make a page for each." });
  if (word === "latest") return word;
  const id = Number(word);
  if (/^\d+$/.test(word) && Number.isSafeInteger(id)) return id;
  throw new UsageError(`report takes the number of a run, or latest, not ${JSON.stringify(word)}`);
}

function find(word: number | "latest", inventory: Inventory): RunEntry {
  const [found] = inventory.runs(word === "latest" ? { kind: "all" } : { kind: "numbered", ids: [word] });
  if (found === undefined) throw noRun(word);
  return found;
}

function noRun(word: number | "latest"): UsageError {
  const what = word === "latest" ? "there is no run yet" : `there is no run ${word}`;
  return new UsageError(what, { hint: "bg-pipe status --all shows all there are; is it in another --state-dir?" });
}

async function write(context: CommandContext, taken: RunReport): Promise<void> {
  const { redact } = await import("../../core/redact.ts");
  const { writeText } = await import("../write-text.ts");
  const { output } = context.configuration.values;
  const text = redact(await textOf(context, taken), context.secrets);
  if (output === undefined || output === "-" || !isFlag(context)) return writeText(context.stdout, text);
  const { writeFileDurably } = await import("../../io/durable.ts");
  await writeFileDurably(output, text);
}

/** What a project's configuration calls its output are the rows: no page goes there. */
function isFlag({ configuration }: CommandContext): boolean {
  return configuration.origins.output?.startsWith("flag ") === true;
}

async function textOf({ configuration }: CommandContext, taken: RunReport): Promise<string> {
  if (configuration.values.json) {
    const { stringifyWithUsd } = await import("../../pricing/usd-json.ts");
    return `${stringifyWithUsd(taken, 2)}\n`;
  }
  const { renderPage } = await import("../../report/page/page.ts");
  const { readReportAssets } = await import("../report-assets.ts");
  const { displayUsd } = await import("../../pricing/usd.ts");
  return renderPage(taken, await readReportAssets(), { usd: (amount) => displayUsd(amount ?? undefined) });
}
