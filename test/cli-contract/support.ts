import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { onTestFinished, vi } from "vitest";
import { type EmulatorOptions, startEmulator } from "../../src/emulator/server.ts";

// A process takes a second to start on a busy machine, and some tests start several.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

/** The executable. */
export const BIN = fileURLToPath(new URL("../../bin/bg-pipe.js", import.meta.url));

/** What a command line left behind. */
export interface Result {
  /** By the shells' rule for one that a signal ended: 128 and its number. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
}

/** A command that runs; its texts grow as it writes. */
export interface Running {
  readonly pid: number;
  readonly ended: Promise<Result>;
  kill(signal: NodeJS.Signals): void;
}

/** A folder for one test, with a state and a configuration of its own, gone after it. */
export class Sandbox {
  readonly directory = mkdtempSync(join(tmpdir(), "bg-pipe-contract-"));
  readonly stateDirectory = join(this.directory, "state", "bg-pipe");
  readonly configDirectory = join(this.directory, "config", "bg-pipe");

  constructor() {
    onTestFinished(() => rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 }));
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Writes a file, and returns its path within the sandbox. */
  write(name: string, content: string | Uint8Array): string {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), content);
    return name;
  }

  read(name: string): string {
    return readFileSync(this.path(name), "utf8");
  }

  /** What lies in the sandbox, and is not state or configuration. */
  files(): string[] {
    return readdirSync(this.directory).filter((name) => name !== "state" && name !== "config");
  }

  start(args: readonly string[], { stdin = "", env = {} }: RunOptions = {}): Running {
    return this.#spawn(process.execPath, [BIN, ...args], stdin, env);
  }

  run(args: readonly string[], options?: RunOptions): Promise<Result> {
    return this.start(args, options).ended;
  }

  /** Runs a line of bash in which `bg-pipe` is the executable. */
  shell(line: string, { stdin = "", env = {} }: RunOptions = {}): Promise<Result> {
    const script = `bg-pipe() { ${JSON.stringify(process.execPath)} ${JSON.stringify(BIN)} "$@"; }; ${line}`;
    return this.#spawn("bash", ["-c", script], stdin, env).ended;
  }

  /** Runs `grade` on the embedded emulator. */
  grade(args: readonly string[], options?: RunOptions): Promise<Result> {
    return this.run(["grade", "--provider", "emulator", ...args], options);
  }

  #spawn(command: string, args: readonly string[], stdin: string | Uint8Array, env: RunOptions["env"]): Running {
    const child = spawn(command, args, { cwd: this.directory, env: { ...this.#environment(), ...env } });
    onTestFinished(() => void child.kill("SIGKILL"));
    // A command may end without having read its input.
    child.stdin.on("error", () => {});
    child.stdin.end(stdin);
    const texts = Promise.all([text(child.stdout), text(child.stderr)]);
    const ended = once(child, "close").then(async ([code, signal]) => {
      const [stdout, stderr] = await texts;
      return { status: code ?? SIGNAL_STATUS[String(signal)] ?? -1, stdout, stderr };
    });
    return { pid: child.pid ?? -1, ended, kill: (signal) => void child.kill(signal) };
  }

  #environment(): Record<string, string> {
    return {
      PATH: process.env["PATH"] ?? "",
      HOME: this.directory,
      XDG_STATE_HOME: this.path("state"),
      XDG_CONFIG_HOME: this.path("config"),
    };
  }
}

const SIGNAL_STATUS: Record<string, number> = { SIGHUP: 129, SIGINT: 130, SIGKILL: 137, SIGPIPE: 141, SIGTERM: 143 };

/** The key that external emulators of these tests let in. */
export const KEY = "sk-contract-0123456789abcdef";

/** An emulator that is asked over HTTP as the provider itself would be. */
export interface External {
  /** Flags and environment that lead a run to it. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Calls by operation, such as `POST /v1/batches`. */
  calls(): Promise<Record<string, number>>;
  /** How many calls with POST there were. */
  posts(): Promise<number>;
  billing(): Promise<Record<string, number>>;
  /** Live calls over its limits, and those that came before a `retry-after` had passed. */
  live(): Promise<Record<string, number>>;
  /** The bodies of all requests in all input files, in the order of their making. */
  bodies(): Promise<Body[]>;
}

/** A request's body, as far as tests look at it. */
export interface Body {
  readonly model: string;
  readonly messages?: readonly { readonly role: string; readonly content: string }[];
  readonly input?: unknown;
  readonly response_format?: { readonly json_schema: { readonly schema: unknown } };
  readonly [field: string]: unknown;
}

/** Starts an emulator beside the sandbox's own state. */
export async function startExternal(sandbox: Sandbox, options: Partial<EmulatorOptions> = {}): Promise<External> {
  const emulator = await startEmulator({ directory: sandbox.path("state/external"), apiKey: KEY, ...options });
  onTestFinished(() => emulator.close());
  const get = async (path: string) => {
    const response = await fetch(new URL(path, emulator.url), { headers: { authorization: `Bearer ${KEY}` } });
    return response.text();
  };
  const calls = async (): Promise<Record<string, number>> => JSON.parse(await get("/emulator/calls"));
  return {
    args: ["grade", "--base-url", emulator.url, "--model", "gpt-4.1-mini", "--poll-interval", "0.1"],
    env: { OPENAI_API_KEY: KEY },
    calls,
    posts: async () =>
      Object.entries(await calls()).reduce((sum, [name, count]) => (name.startsWith("POST ") ? sum + count : sum), 0),
    billing: async () => JSON.parse(await get("/emulator/billing")),
    live: async () => JSON.parse(await get("/emulator/live")),
    bodies: async () => {
      const list: { data: { id: string; purpose: string }[] } = JSON.parse(await get("/v1/files?order=asc"));
      const inputs = list.data.filter(({ purpose }) => purpose === "batch");
      const texts = await Promise.all(inputs.map(({ id }) => get(`/v1/files/${id}/content`)));
      return texts.flatMap((content) => linesOf(content).map((line): Body => JSON.parse(line).body));
    },
  };
}

/** Asks until it holds. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, seconds = 30): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`never came: ${what}`);
    await delay(10);
  }
}

/** The lines of a text that ends with a line's end, or is empty. */
export function linesOf(content: string): string[] {
  if (content === "") return [];
  if (!content.endsWith("\n")) throw new Error(`the last line is not ended: ${content.slice(-200)}`);
  return content.slice(0, -1).split("\n");
}

/** An output row, as far as tests look at it. */
export interface Row {
  readonly grade?: unknown;
  readonly grade_error?: {
    readonly code: string;
    readonly message: string;
    readonly line?: number;
    readonly raw?: string;
  };
  readonly grade_meta?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** The rows of JSON Lines. */
export function rowsOf(content: string): Row[] {
  return linesOf(content).map((line): Row => JSON.parse(line));
}

/** Codes of the failed rows; null for an answered one. */
export function codesOf(content: string): (string | null)[] {
  return rowsOf(content).map((row) => row.grade_error?.code ?? null);
}

/** JSON Lines. */
export function jsonl(rows: readonly unknown[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

/** So many rows that differ. */
export function numbered(count: number, from = 0): { id: number; response: string }[] {
  return Array.from({ length: count }, (_, index) => ({ id: from + index, response: `text number ${from + index}` }));
}

/** A stack trace's line, or Node's own words for an error nobody caught. */
export const STACK = /^ {4}at |\n {4}at |node:internal|Unhandled|UnhandledPromise/;
