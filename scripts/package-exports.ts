import { endpoints } from "../src/endpoints/index.ts";
import { formats } from "../src/formats/index.ts";
import { providers } from "../src/providers/index.ts";
import { tokenizers } from "../src/tokens/index.ts";

/** What a package's `exports` says of one entry. */
export interface PackageEntry {
  readonly types: string;
  readonly default: string;
}

/** The entries that are no registered part, and where they are in src. */
const FIXED: Readonly<Record<string, string>> = {
  ".": "index",
  "./emulator": "emulator/server",
  "./testing": "testing/index",
  "./providers/openai-compatible": "providers/openai-compatible/adapter",
};

/** The package's `exports`: the fixed entries, and one for every part that a registry names. */
export function packageExports(): Readonly<Record<string, PackageEntry | string>> {
  const parts = [
    ...Object.keys(formats).map((name) => `formats/${name}`),
    ...Object.keys(providers).map((name) => `providers/${name}`),
    ...Object.keys(endpoints).map((path) => `endpoints/${path.replace("/v1/", "").replaceAll("/", "-")}`),
    ...Object.keys(tokenizers).map((encoding) => `tokens/${encoding.replaceAll("_", "-")}`),
  ];
  const entries = [...Object.entries(FIXED), ...parts.map((path) => [`./${path}`, path] as const)];
  return {
    ...Object.fromEntries(entries.map(([name, path]) => [name, entryOf(path)])),
    "./package.json": "./package.json",
  };
}

function entryOf(path: string): PackageEntry {
  return { types: `./dist/${path}.d.ts`, default: `./dist/${path}.js` };
}
