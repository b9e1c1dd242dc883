import { EXIT } from "../core/errors.ts";
import { commands } from "./commands/index.ts";
import { Failures } from "./failures.ts";
import { type Host, processHost } from "./host.ts";
import { rehearseFailure } from "./rehearse-failure.ts";
import { writeText } from "./write-text.ts";

/**
 * Runs a command line.
 *
 * @param argv The arguments behind the program's name.
 * @param host Streams, environment and folders; the process's own unless a test gives others.
 * @returns the exit status
 */
export async function main(argv: readonly string[], host: Host = processHost()): Promise<number> {
  const failures = new Failures(host);
  try {
    return await dispatch(argv, host, failures);
  } catch (error) {
    return await failures.report(error);
  } finally {
    failures.closeLog();
  }
}

async function dispatch(argv: readonly string[], host: Host, failures: Failures): Promise<number> {
  const end = argv.indexOf("--");
  const words = end === -1 ? argv : argv.slice(0, end);
  if (words.includes("--version") || words.includes("-V")) return printVersion(host);
  if (words.includes("--help") || words.includes("-h")) return printHelp(words, host);
  if (argv.length === 0) return refuseEmpty(host);
  const { runCommand } = await import("./run-command.ts");
  rehearseFailure(host.environment);
  return runCommand(argv, host, failures);
}

async function printVersion(host: Host): Promise<number> {
  const { packageVersion } = await import("../config/package-data.ts");
  await writeText(host.stdout, `${await packageVersion()}\n`);
  return EXIT.ok;
}

/** Does not read the flags: help has to come on a command line that is wrong, and without loading a parser. */
async function printHelp(words: readonly string[], host: Host): Promise<number> {
  const { helpText } = await import("./help.ts");
  const plain = words.filter((word) => !word.startsWith("-"));
  const topic = plain.find((word) => Object.hasOwn(commands, word)) ?? plain[0];
  await writeText(host.stdout, await helpText(topic, host.stdout.columns));
  return EXIT.ok;
}

async function refuseEmpty(host: Host): Promise<number> {
  const { helpText } = await import("./help.ts");
  await writeText(host.stderr, await helpText(undefined));
  return EXIT.usage;
}
