import { type Configuration, flagConfiguration, loadConfiguration } from "../config/load.ts";
import { packageVersion } from "../config/package-data.ts";
import { readTextFile } from "../config/text-file.ts";
import type { Command } from "./command.ts";
import type { Failures } from "./failures.ts";
import { findCommand } from "./find-command.ts";
import { checkFlagsOf, type ParsedArguments, parseArguments } from "./flags.ts";
import type { Host } from "./host.ts";
import { Screen } from "./screen.ts";
import { SignalListener } from "./signals.ts";
import { startLog } from "./start-log.ts";
import { terminalKind } from "./terminal.ts";

/**
 * Understands an argument list, loads the configuration, and runs the command.
 *
 * @returns the command's exit status
 */
export async function runCommand(argv: readonly string[], host: Host, failures: Failures): Promise<number> {
  const parsed = await parseArguments(argv);
  const [name, ...positionals] = parsed.positionals;
  const command = await findCommand(name);
  checkFlagsOf(command.name, command.options, parsed.flags);
  failures.showsStack = isDebug(parsed);
  const configuration = await configure(command, parsed, host);
  const screen = new Screen(host.stderr, terminalKind(host.stderr, host.environment).hasColor);
  const { log, record, close } = await startLog(configuration, screen, failures.secrets);
  failures.showsStack = configuration.values.logLevel === "debug";
  failures.isQuiet = configuration.values.quiet;
  failures.isStderrJson = configuration.values.logFormat === "json";
  failures.record = record;
  failures.closeLog = close;
  record.info("command.started", { command: name, version: await packageVersion() });
  for (const warning of configuration.warnings) log.warn(warning);
  const listener = new SignalListener((message) => log.warn(message, { event: "command.signal" }), command.afterSignal);
  try {
    const { signal } = listener;
    const { secrets } = failures;
    const context = { ...host, positionals, configuration, signal, log, record, screen, secrets };
    const status = await command.run(context);
    record.info("command.ended", { exit_status: status });
    return status;
  } finally {
    listener.close();
  }
}

/** A broken configuration file is told with its stack trace, too, when the flag asks for one. */
function isDebug({ flags }: ParsedArguments): boolean {
  const level = flags["log-level"];
  return Array.isArray(level) && level.at(-1) === "debug";
}

function configure(command: Command, { flags }: ParsedArguments, host: Host): Promise<Configuration> {
  const { environment, cwd, home } = host;
  const sources = { flags, environment, cwd, home, readFile: readTextFile };
  return command.isConfigured === false ? Promise.resolve(flagConfiguration(sources)) : loadConfiguration(sources);
}
