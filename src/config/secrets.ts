import { KeyRefusedError } from "../core/errors.ts";
import type { Environment } from "./environment.ts";
import type { RunOptions } from "./options.ts";
import type { ReadTextFile } from "./text-file.ts";

const HINT =
  "Set OPENAI_API_KEY, or name a file that holds the key with --api-key-file. To try without one: --provider emulator.";

/** Where an API key may be found. */
export interface KeySources {
  readonly values: Pick<RunOptions, "apiKey" | "apiKeyFile">;
  readonly environment: Environment;
  readonly readFile: ReadTextFile;
}

/**
 * Finds the API key: in the file of `--api-key-file` (also `BG_PIPE_API_KEY_FILE`), where the configuration's
 * `api-key` says, or in `OPENAI_API_KEY`; the first of these that is set counts. White space around it is dropped.
 *
 * @throws {KeyRefusedError} when there is none, or what is there cannot be a key; the message never shows it
 */
export async function readApiKey(sources: KeySources): Promise<string> {
  const { apiKey: reference, apiKeyFile } = sources.values;
  if (apiKeyFile !== undefined) return keyFromFile(apiKeyFile, sources.readFile);
  if (reference !== undefined && "file" in reference) return keyFromFile(reference.file, sources.readFile);
  return keyFromVariable(reference?.env ?? "OPENAI_API_KEY", sources.environment);
}

async function keyFromFile(path: string, readFile: ReadTextFile): Promise<string> {
  const text = await readFile(path);
  if (text === undefined) throw new KeyRefusedError(`there is no API key file ${path}`, { hint: HINT });
  return checkedKey(text, `the API key file ${path}`);
}

function keyFromVariable(name: string, environment: Environment): string {
  const text = environment[name];
  if (text === undefined) throw new KeyRefusedError(`there is no API key: ${name} is not set`, { hint: HINT });
  return checkedKey(text, name);
}

/** A key goes into an HTTP header, so it is one line of visible ASCII. */
function checkedKey(text: string, place: string): string {
  const key = text.trim();
  if (key === "") throw new KeyRefusedError(`${place} is empty`, { hint: HINT });
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new KeyRefusedError(`${place} does not hold an API key: one line without spaces is expected`, { hint: HINT });
}
