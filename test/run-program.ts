import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

/** The repository's own folder. */
export const REPOSITORY = fileURLToPath(new URL("../", import.meta.url));

/** How a program ended. */
export interface ProgramEnd {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a program runs, and what it knows beside {@link programEnvironment}. */
export interface ProgramOptions {
  readonly cwd: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * The environment for programs of a test: the Node that runs the test, npm without a network and without a cache, and
 * a home of its own. Nothing else of this process's environment gets in.
 */
export function programEnvironment(): Readonly<Record<string, string>> {
  const home = temporaryFolder("home");
  return {
    PATH: [dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter),
    HOME: home,
    XDG_STATE_HOME: join(home, "state"),
    npm_config_cache: join(home, "npm"),
    npm_config_offline: "true",
    npm_config_update_notifier: "false",
  };
}

const temporaryFolders: string[] = [];

/** A new folder under the system's folder for temporary files, there until the test file that asked is through. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `bg-pipe-${name}-`));
  temporaryFolders.push(folder);
  return folder;
}

// An installed package is thousands of files, and the disk may be busy with other tests.
afterAll(() => {
  for (const folder of temporaryFolders) rmSync(folder, { recursive: true, force: true });
}, 120_000);

/** Runs a program to its end, whatever its exit status. */
export function runProgram(file: string, argv: readonly string[], options: ProgramOptions): Promise<ProgramEnd> {
  const env = { ...programEnvironment(), ...options.environment };
  return new Promise((resolve) => {
    execFile(file, argv, { cwd: options.cwd, env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const code = error?.code;
      resolve({ status: error === null ? 0 : typeof code === "number" ? code : -1, stdout, stderr });
    }).stdin?.end();
  });
}
