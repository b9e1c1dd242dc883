import { type Clock, systemClock } from "../../src/core/clock.ts";
import { openSqliteInventory } from "../../src/ledger/sqlite.ts";
import type { CancellationReport } from "../../src/report/cancellation.ts";
import type { GarbageReport } from "../../src/report/garbage.ts";
import type { StatusReport } from "../../src/report/status.ts";
import { type External, type Running, type RunOptions, type Sandbox, until } from "./support.ts";

/** A clock for an emulator: what takes minutes there can be made to pass. */
export class FastClock implements Clock {
  #ahead = 0;
  #since = Date.now();
  #speed = 1;

  now(): number {
    return Date.now() + this.#ahead + (this.#speed - 1) * (Date.now() - this.#since);
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(Math.min(milliseconds, 20), signal);
  }

  /** Lets so much time have passed. */
  skip(seconds: number): void {
    this.#ahead += seconds * 1000;
  }

  /** From now on it runs so many times as fast as the others. */
  run(speed: number): void {
    this.#ahead = this.now() - Date.now();
    this.#since = Date.now();
    this.#speed = speed;
  }
}

/** Where the commands on the ledger find the provider that `grade` was led to. */
export function providerArgs({ args }: External): readonly string[] {
  const at = args.indexOf("--base-url");
  return args.slice(at, at + 2);
}

/** The status as programs see it. It is never an error to ask. */
export async function statusOf(sandbox: Sandbox, ...args: readonly string[]): Promise<StatusReport> {
  const { status, stdout, stderr } = await sandbox.run(["status", "--json", ...args]);
  if (status !== 0) throw new Error(`status ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

/** Starts a run and returns once so many of its batches are at the provider. */
export async function startRun(
  sandbox: Sandbox,
  args: readonly string[],
  { batches = 1, ...options }: RunOptions & { readonly batches?: number },
): Promise<Running> {
  const running = sandbox.start(args, options);
  let end = "";
  void running.ended.then(({ status, stderr }) => (end = `the run ended with ${status}: ${stderr}`));
  await until(() => end !== "" || submittedIn(sandbox) === batches, `${batches} batches in flight`);
  if (end !== "") throw new Error(end);
  return running;
}

function submittedIn({ stateDirectory: directory }: Sandbox): number {
  // The ledger may be in the making.
  const inventory = attempt(() => openSqliteInventory({ directory, clock: systemClock }));
  try {
    return inventory?.openChunks().filter(({ state }) => state === "submitted").length ?? 0;
  } finally {
    inventory?.close();
  }
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

export function cancellation(stdout: string): CancellationReport {
  return JSON.parse(stdout);
}

export function garbage(stdout: string): GarbageReport {
  return JSON.parse(stdout);
}
