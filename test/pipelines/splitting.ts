import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { readPackageText } from "../../src/config/package-data.ts";
import { systemClock } from "../../src/core/clock.ts";
import { type Logger, silentLogger } from "../../src/core/logger.ts";
import { type SplitHost, type SplitSettings, split } from "../../src/pipelines/split.ts";
import type { SplitReport } from "../../src/report/split.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** A folder to split files in, and what was said about it. */
export class SplitWorld {
  readonly directory = temporaryDirectory();
  readonly warnings: string[] = [];
  readonly #log: Logger = { ...silentLogger, warn: (message) => void this.warnings.push(message) };

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Writes a file; returns its path. */
  write(name: string, content: string | Uint8Array): string {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), content);
    return this.path(name);
  }

  /** What is in a folder, hidden things included. */
  files(folder = "."): string[] {
    return readdirSync(this.path(folder)).sort();
  }

  async split(settings: Partial<SplitSettings>, host: Partial<SplitHost> = {}): Promise<SplitReport> {
    return split({ ...PLAIN, ...settings }, { ...(await this.#host()), ...host });
  }

  async #host(): Promise<SplitHost> {
    const data = { prompts: await readPackageText("prompts.yaml"), models: await readPackageText("models.yaml") };
    const signal = new AbortController().signal;
    return { stdin: Readable.from([]), log: this.#log, clock: systemClock, signal, data };
  }
}

const PLAIN: SplitSettings = {
  inputs: [],
  maxRecordBytes: 1 << 20,
  overwrite: false,
  provider: "openai",
  endpoint: "/v1/chat/completions",
  field: "response",
  outputField: "grade",
  param: {},
  prompts: {},
  models: {},
};

/** The contents of all parts of the first input, in the order of the report. */
export function partsOf({ files }: SplitReport): string[] {
  return (files[0]?.parts ?? []).map(({ path }) => readFileSync(path, "utf8"));
}
