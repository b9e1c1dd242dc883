import { redact } from "../core/redact.ts";
import { stringifyWithUsd } from "../pricing/usd-json.ts";
import type { CommandContext } from "./command.ts";
import { writeText } from "./write-text.ts";

/** Writes what was asked for to stdout: as one JSON object with `--json`, else as text. No secret gets out. */
export async function printReport<T>(
  { configuration, stdout, secrets }: Pick<CommandContext, "configuration" | "stdout" | "secrets">,
  report: T,
  format: (report: T) => string,
): Promise<void> {
  const text = configuration.values.json ? `${stringifyWithUsd(report, 2)}\n` : format(report);
  await writeText(stdout, redact(text, secrets));
}
