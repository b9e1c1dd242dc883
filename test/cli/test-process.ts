import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";
import type { Run } from "./test-host.ts";

// A process takes a second to start on a busy machine, and some tests start several.
vi.setConfig({ testTimeout: 120_000 });

/** The executable. */
export const BIN = fileURLToPath(new URL("../../bin/bg-pipe.js", import.meta.url));

/** How a child process is started. */
export interface ProcessOptions {
  /** Arguments for Node itself. */
  readonly node?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Starts Node on a script, with an environment that holds nothing of this process's but the path. */
export function start(script: string, argv: readonly string[], options: ProcessOptions = {}): ChildProcess {
  const { node = [], environment = {}, cwd } = options;
  const env = { PATH: process.env["PATH"], HOME: "/nonexistent", ...environment };
  return spawn(process.execPath, [...node, script, ...argv], { env, cwd, stdio: ["ignore", "pipe", "pipe"] });
}

/** A process's end: its texts, and its exit status (by the shells' rule for one that a signal ended). */
export async function ended(child: ChildProcess): Promise<Run & { readonly signal: string | null }> {
  const texts = Promise.all([textOf(child.stdout), textOf(child.stderr)]);
  const [status, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.once("close", (code, name) => resolve([code, name]));
  });
  const [stdout, stderr] = await texts;
  return { status: status ?? -1, signal, stdout, stderr };
}

async function textOf(stream: ChildProcess["stdout"]): Promise<string> {
  let text = "";
  for await (const chunk of stream?.setEncoding("utf8") ?? []) text += chunk;
  return text;
}
