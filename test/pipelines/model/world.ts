import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UnfinishedError } from "../../../src/core/errors.ts";
import { armFailpoints } from "../../../src/core/failpoints.ts";
import { LEASE_MS } from "../../../src/ledger/lease.ts";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { openSqliteLedger } from "../../../src/ledger/sqlite.ts";
import type { GradeSettings } from "../../../src/pipelines/settings.ts";
import { sqliteBackEnd } from "../../ledger/harness.ts";
import type { Fate } from "./batch-fate.ts";
import { BatchServer } from "./batch-server.ts";
import { type End, Execution } from "./execution.ts";
import { checkOutput, checkPartialOutput } from "./outputs.ts";
import { MODEL, type Question } from "./questions.ts";
import type { CallFault, Operation } from "./server-handle.ts";
import { Witness } from "./witness.ts";
import { stillness, WorldClock } from "./world-clock.ts";

/** The commands that executions are of, all on one ledger. The last one halts at the first failed row. */
export const COMMANDS = ["file", "skip", "stdout", "halt"] as const;
export type CommandName = (typeof COMMANDS)[number];

/** What is said on the command line beside what makes the command itself. */
export type Flags = Partial<
  Pick<
    GradeSettings,
    "fresh" | "retries" | "detach" | "wait" | "chunkRows" | "chunkCount" | "maxBatches" | "enqueuedTokens"
  > &
    Pick<GradeSettings, "batchesPerHour" | "tokenLimit">
>;

/** What a world begins with. */
export interface Beginning {
  readonly seed: number;
  /** What the inputs of the commands ask. */
  readonly inputs: readonly (readonly Question[])[];
  /** What becomes of the first batches. */
  readonly fates: readonly Fate[];
}

/** A file system in memory, where fsync takes no time. */
const MEMORY = "/dev/shm";
const DAY_MS = 24 * 3_600_000;
/** Exit statuses that an execution may end with: finished, and those of whatever is done to it from outside. */
const FINISHED: ReadonlySet<number> = new Set([0, 1, 76]);
const ALLOWED: ReadonlySet<number> = new Set([...FINISHED, 65, 69, 75, 78, 130]);
/** So soon after a signal an execution is gone. */
const LEAVES_WITHIN_MS = 120_000;
/** Executions after which a command has come to its end, once nothing disturbs it any more. */
const EXECUTIONS_AT_MOST = 25;

/** A ledger, a server, and executions of a few commands that share rows. To be disposed of. */
export class World {
  readonly clock = new WorldClock();
  readonly server = new BatchServer(this.clock);
  readonly directory = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), "bg-pipe-model-"));
  readonly executions: Execution[] = [];
  readonly faults = new Map<Operation, CallFault[]>();
  readonly witness: Witness;
  readonly #ledger: Ledger;
  readonly #inputs: Map<CommandName, readonly Question[]>;
  readonly #trace: string[] = [];
  #seed: number;
  outageUntil = 0;

  constructor({ seed, inputs, fates }: Beginning) {
    this.#seed = seed;
    this.server.fates.push(...fates);
    this.#inputs = new Map(COMMANDS.map((name, index) => [name, inputs[index] ?? []]));
    const stateDir = join(this.directory, "state");
    mkdirSync(stateDir);
    this.#ledger = openSqliteLedger({ directory: stateDir, clock: this.clock });
    this.witness = new Witness(this, this.#ledger);
    this.server.onCreated = (batch) => this.witness.onCreated(batch);
    armFailpoints((name) => Execution.current?.strike(name));
  }

  /** A number in [0, 1), the same ones in the same world. Source: mulberry32 */
  random(): number {
    this.#seed = (this.#seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#seed ^ (this.#seed >>> 15), 1 | this.#seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  note(text: string): void {
    this.#trace.push(`${((this.clock.now() - Date.UTC(2026, 0, 15, 12)) / 1000).toFixed(1)} ${text}`);
  }

  get trace(): string {
    return this.#trace.join("\n");
  }

  get living(): readonly Execution[] {
    return this.executions.filter(({ isAlive }) => isAlive);
  }

  /** More rows at the input's end. */
  grow(name: CommandName, questions: readonly Question[]): void {
    this.#inputs.set(name, [...(this.#inputs.get(name) ?? []), ...questions]);
  }

  start(name: CommandName, flags: Flags = {}, paceMs = 0): Execution {
    const settings = this.#settings(name, flags);
    const number = this.executions.length;
    const rows = this.#inputs.get(name) ?? [];
    const execution = new Execution({ world: this, number, settings, rows, paceMs });
    this.note(`#${number}: ${name} ${JSON.stringify(flags)}, ${rows.length} rows: ${rows.join(", ")}`);
    for (const other of [...this.living, ...(this.living.length > 0 ? [execution] : [])]) other.wasAlone = false;
    this.executions.push(execution);
    execution.start();
    return execution;
  }

  openLedger(settings: { readonly directory: string }, execution: Execution): Ledger {
    return execution.guardLedger(openSqliteLedger({ ...settings, clock: execution.clock }));
  }

  pass(milliseconds: number): Promise<void> {
    return this.clock.pass(milliseconds, () => this.settle());
  }

  /** Lets everything happen that is to happen now, and looks whether it was right. */
  async settle(): Promise<void> {
    await stillness();
    for (const execution of this.executions) if (execution.isDead && !execution.isBuried) this.#bury(execution);
    for (const { interruptedAt, label } of this.living) {
      if (interruptedAt !== undefined && this.clock.now() - interruptedAt > LEAVES_WITHIN_MS) {
        this.witness.complain(`${label} does not heed the signal`);
      }
    }
    const [complaint] = this.witness.complaints;
    if (complaint !== undefined) throw new Error(complaint);
  }

  /** Told when an execution ends by itself. */
  onEnd(execution: Execution, { exitStatus, error }: End): void {
    this.note(`${execution.label}: ends with ${exitStatus}: ${String(error)}`);
    const complain = (text: string) => this.witness.complain(text);
    const { output } = execution.settings;
    if (!ALLOWED.has(exitStatus)) complain(`${execution.label} ends with ${exitStatus}: ${stackOf(error)}`);
    const isHalted = execution.settings.onError === "halt" && exitStatus === 1;
    if (FINISHED.has(exitStatus) && !isHalted) {
      const { complaints, passingFailures } = checkOutput(execution);
      complaints.forEach(complain);
      this.witness.checkTries(execution, passingFailures);
    } else if (output === undefined) checkPartialOutput(execution).forEach(complain);
    if (isLeaving(error) && output === undefined && execution.wasAlone) this.witness.checkReadyRows(execution);
  }

  /** Runs every command until it is finished, with nothing going wrong any more; then once more, which asks nothing. */
  async finish(): Promise<void> {
    this.#heal();
    await this.clock.passUntil(
      () => this.living.length === 0,
      () => this.settle(),
      7 * DAY_MS,
    );
    await this.pass(LEASE_MS);
    const names = COMMANDS.filter((name) => name !== "halt");
    for (const name of names) await this.#finish(name);
    const before = this.server.batches.length;
    for (const name of names) await this.#runToEnd(name);
    if (this.server.batches.length > before) throw new Error("all was answered, and is asked again");
    this.witness.checkUsage();
    await this.settle();
  }

  dispose(): void {
    armFailpoints(undefined);
    for (const execution of this.living) execution.kill();
    this.witness.close();
    this.#ledger.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #finish(name: CommandName): Promise<void> {
    for (let count = 0; count < EXECUTIONS_AT_MOST; count++) {
      const execution = await this.#runToEnd(name);
      const isFinished = FINISHED.has(execution.end?.exitStatus ?? -1);
      if (isFinished && checkOutput(execution).passingFailures.length === 0) return;
    }
    throw new Error(`${name} does not come to an end`);
  }

  async #runToEnd(name: CommandName): Promise<Execution> {
    const execution = this.start(name);
    await this.clock.passUntil(
      () => !execution.isAlive,
      () => this.settle(),
      7 * DAY_MS,
    );
    return execution;
  }

  #heal(): void {
    this.note("from now on nothing goes wrong");
    this.faults.clear();
    this.server.fates.length = 0;
    Object.assign(this.server, { lagMs: 0, tokenLimit: Number.POSITIVE_INFINITY, foreign: { tokens: 0, until: 0 } });
    this.outageUntil = 0;
    for (const execution of this.executions) execution.strikesLeft = Number.POSITIVE_INFINITY;
  }

  #bury(execution: Execution): void {
    if (execution.end === undefined) throw new Error(`${execution.label} was killed and goes on`);
    execution.bury();
    const { runId, isFar } = execution;
    if (runId === undefined) return;
    this.#ledger.renewRun(runId);
    sqliteBackEnd.moveRun(this.#ledger.directory, runId, isFar ? "another host" : "dead process");
  }

  #settings(name: CommandName, flags: Flags): GradeSettings {
    return {
      ...{ inputs: [], inputFormat: "jsonl", outputFormat: "jsonl", meta: false, maxRecordBytes: 1 << 20 },
      ...{ order: "input", onError: "keep", field: "response", outputField: "grade", endpoint: "/v1/chat/completions" },
      ...{ model: MODEL, encoding: "o200k_base", user: "{{ response }}", param: {}, prompts: {}, models: {} },
      ...{
        provider: "emulator",
        mode: "batch",

        liveBelow: 1,
        attemptTimeout: 60,
        drain: 3,
        transportRetries: 1,
        maxBatches: 3,
        chunkRows: 3,
        retries: 3,
        detach: false,
        keepRemote: false,
      },
      ...{ dryRun: false, fresh: false, stateDir: this.#ledger.directory },
      ...this.#outputs(name),
      ...flags,
    };
  }

  #outputs(name: CommandName): Partial<GradeSettings> {
    const path = (file: string) => join(this.directory, file);
    if (name === "stdout") return {};
    if (name === "file") return { output: path("file.jsonl") };
    if (name === "halt") return { output: path("halt.jsonl"), onError: "halt" };
    return { output: path("skip.jsonl"), errors: path("skip.errors.jsonl"), onError: "skip", order: "completion" };
  }
}

/** Whether an execution has lost patience, and leaves the rest to a later one. */
function isLeaving(error: unknown): boolean {
  return error instanceof UnfinishedError && /not waiting|still to be asked/.test(error.message);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
