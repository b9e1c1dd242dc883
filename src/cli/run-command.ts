import { type Configuration, flagConfiguration, loadConfiguration } from "../config/load.ts";
import { readTextFile } from "../config/text-file.ts";
import type { Logger } from "../core/logger.ts";
import { redact } from "../core/redact.ts";
import { createLogger } from "../report/log.ts";
import type { Command } from "./command.ts";
import type { Failures } from "./failures.ts";
import { findCommand } from "./find-command.ts";
import { checkFlagsOf, type ParsedArguments, parseArguments } from "./flags.ts";
import type { Host } from "./host.ts";
import { Screen } from "./screen.ts";
import { SignalListener } from "./signals.ts";
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
  const log = startLog(configuration, screen, failures);
  const listener = new SignalListener((message) => log.warn(message), command.afterSignal);
  try {
    const { signal } = listener;
    const { secrets } = failures;
    return await command.run({ ...host, positionals, configuration, signal, log, screen, secrets });
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

function startLog({ values, warnings }: Configuration, screen: Screen, failures: Failures): Logger {
  const { logLevel: level, logFormat: format, quiet: isQuiet } = values;
  const log = createLogger({
    level,
    format,
    isQuiet,
    write: (line) => screen.write(line),
    redact: (text) => redact(text, failures.secrets),
    now: Date.now,
  });
  failures.showsStack = level === "debug";
  if (format === "json") failures.log = log;
  for (const warning of warnings) log.warn(warning);
  return log;
}
