import type { ConfigurationFile } from "./configuration-files.ts";
import type { Environment } from "./environment.ts";
import type { Setting } from "./layers.ts";
import { didYouMean, environmentName, optionNames } from "./options.ts";

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/** Not an option: it stops the program for a test of one's own (src/cli/rehearse-failure.ts). */
const FAILPOINT = "BG_PIPE_FAILPOINT";

/** Warnings about `BG_PIPE_…` variables that set nothing but are near to one that would. */
export function misspelledVariables(environment: Environment): readonly string[] {
  const known = optionNames.map(environmentName);
  return Object.keys(environment).flatMap((name) => {
    if (!name.startsWith("BG_PIPE_") || known.includes(name) || name === FAILPOINT) return [];
    const hint = didYouMean(name, known);
    return hint === "" ? [] : [`environment variable ${name} sets nothing. ${hint.trim()}`];
  });
}

/**
 * A warning when the API key goes to an address that a project file names which nobody named: the file may have come
 * with someone's data. An address on this machine is fine.
 */
export function foundAddress(baseUrl: Setting | undefined, files: readonly ConfigurationFile[]): readonly string[] {
  const isFound = files.some(({ isFound, layer }) => isFound && layer.get("base-url") === baseUrl);
  if (baseUrl === undefined || !isFound || LOOPBACK.test(URL.parse(String(baseUrl.value))?.hostname ?? "")) return [];
  return [
    `the API key goes to the base-url of ${baseUrl.origin}; name that file with --config to say that you mean it`,
  ];
}
