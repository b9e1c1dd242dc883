import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { type Emulator, type EmulatorOptions, startEmulator } from "../../src/emulator/server.ts";
import { type Billing, EmulatorView } from "./emulator-view.ts";
import { LedgerView, type ToldUsage } from "./ledger-view.ts";

const BIN = fileURLToPath(new URL("../../bin/bg-pipe.js", import.meta.url));

/** A run that takes longer hangs, and is ended with a signal that is no other one's. */
const RUN_LIMIT_MS = 50_000;
export const HANGS: NodeJS.Signals = "SIGALRM";

/** What is run, and against what. */
export interface WorldOptions {
  readonly input: string;
  /** Flags beside those that say where rows come from and go to. */
  readonly flags: readonly string[];
  /** From stdin to stdout, and not from file to file. */
  readonly isPiped?: boolean;
  /** Whether failed rows go to a file, too. True unless said otherwise. */
  readonly hasErrorsFile?: boolean;
  /** The emulator lives and dies with the command; else it outlives it. */
  readonly isEmbedded?: boolean;
  /** Whether rows come out in an order that can be relied on. True unless said otherwise. */
  readonly isOrdered?: boolean;
  readonly emulator?: Partial<EmulatorOptions>;
  /** Another place for the state than the world's own. */
  readonly stateDirectory?: string;
}

/** How a process ended. */
export interface End {
  /** Undefined when a signal ended it. */
  readonly status: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** What one run does otherwise than the others. */
export interface RunChoice {
  /** As BG_PIPE_FAILPOINT has it. */
  readonly failpoint?: string | undefined;
  /** Names of files in the world's folder. */
  readonly rows?: string;
  readonly output?: string;
  readonly errors?: string;
}

export interface Running {
  /** Whether it has ended. */
  readonly isOver: () => boolean;
  readonly ended: Promise<End>;
  kill(signal: NodeJS.Signals): void;
}

/** What a user has in the end, and what it cost. */
export interface Findings {
  readonly status: number | undefined;
  /** Lines. */
  readonly output: readonly string[];
  readonly errors: readonly string[];
  readonly billing: Billing;
  readonly told: ToldUsage;
}

/** A folder with a state of its own, in which a command is run, killed and run again. To be closed. */
export class World {
  readonly directory = mkdtempSync(join(tmpdir(), "bg-pipe-crash-"));
  readonly #options: WorldOptions;
  readonly #children = new Set<Running>();
  /** Flags of the runs from now on. */
  flags: readonly string[];
  /** How many runs did not come to their end. */
  interruptions = 0;
  #emulator: Emulator | undefined;
  /** Flags that lead to the emulator. */
  #address: readonly string[] = [];

  private constructor(options: WorldOptions) {
    this.#options = options;
    this.flags = options.flags;
  }

  static async create(options: WorldOptions): Promise<World> {
    const world = new World(options);
    world.write("rows.jsonl", options.input);
    world.write("schema.json", SCHEMA);
    if (options.isEmbedded !== true) await world.startEmulator(options.emulator);
    return world;
  }

  get stateDirectory(): string {
    return this.#options.stateDirectory ?? this.path("state");
  }

  get ledger(): LedgerView {
    return new LedgerView(this.stateDirectory);
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  write(name: string, content: string): void {
    writeFileSync(this.path(name), content);
  }

  /** A file's content; empty where there is none. */
  read(name: string): string {
    return existsSync(this.path(name)) ? readFileSync(this.path(name), "utf8") : "";
  }

  /** Outputs that were begun and not finished. */
  partialOutputs(): readonly string[] {
    return readdirSync(this.directory).filter((name) => name.endsWith(".bg-pipe-partial"));
  }

  /** An emulator on the world's state, in the place of the one before. */
  async startEmulator(options: Partial<EmulatorOptions> = {}): Promise<void> {
    await this.#emulator?.close();
    const directory = this.path("emulator");
    mkdirSync(directory, { recursive: true });
    this.#emulator = await startEmulator({ directory, countTokens, ...options });
    this.#address = ["--base-url", this.#emulator.url];
  }

  start(choice: RunChoice = {}): Running {
    return this.#spawn(process.execPath, [BIN, ...this.#arguments(choice)], choice.failpoint);
  }

  /** @param failpoint As BG_PIPE_FAILPOINT has it; undefined for none. */
  run(failpoint?: string): Promise<End> {
    return this.start({ failpoint }).ended;
  }

  /** Runs the command where no file may grow larger. */
  runWithin(kibibytes: number): Promise<End> {
    const limited = `ulimit -f ${kibibytes}; exec "$@"`;
    return this.#spawn("bash", ["-c", limited, "bash", process.execPath, BIN, ...this.#arguments({})]).ended;
  }

  #arguments({ rows = "rows.jsonl", output = "out.jsonl", errors = "failed.jsonl" }: RunChoice): readonly string[] {
    const { isPiped = false, hasErrorsFile = true } = this.#options;
    const places = [...(isPiped ? [] : [rows, "-o", output]), ...(hasErrorsFile ? ["--errors", errors] : [])];
    const provider = ["--provider", "emulator", ...this.#address, "--state-dir", this.stateDirectory];
    return ["grade", ...places, ...provider, ...this.flags];
  }

  #spawn(command: string, args: readonly string[], failpoint?: string): Running {
    const env = {
      PATH: process.env["PATH"],
      HOME: this.directory,
      XDG_CONFIG_HOME: this.path("config"),
      BG_PIPE_FAILPOINT: failpoint,
    };
    const limits = { timeout: RUN_LIMIT_MS, killSignal: HANGS };
    const child = spawn(command, args, { ...limits, cwd: this.directory, env });
    // A command may end without having read its input.
    child.stdin.on("error", () => {});
    child.stdin.end(this.#options.isPiped === true ? this.#options.input : "");
    const texts = Promise.all([text(child.stdout), text(child.stderr)]);
    const ended = once(child, "close").then(async ([status, signal]): Promise<End> => {
      const [stdout, stderr] = await texts;
      this.#children.delete(running);
      if (status !== 0 && status !== 1) this.interruptions++;
      return { status: status ?? undefined, signal: signal ?? undefined, stdout, stderr };
    });
    const isOver = () => child.exitCode !== null || child.signalCode !== null;
    const running: Running = { isOver, ended, kill: (signal) => void child.kill(signal) };
    this.#children.add(running);
    return running;
  }

  /** What the last run left, once nothing is at work at the emulator any more. */
  async findings(last: End): Promise<Findings> {
    const output = this.#options.isPiped === true ? last.stdout : this.read("out.jsonl");
    const [rows, failed] = [output, this.read("failed.jsonl")].map((content) => this.#comparable(content));
    const billing = await (await this.emulatorView()).billing();
    const told = this.ledger.toldUsage();
    return { status: last.status, output: rows ?? [], errors: failed ?? [], billing, told };
  }

  /** The emulator as a client sees it. One that lived with the command is opened once more. */
  async emulatorView(): Promise<EmulatorView> {
    this.#emulator ??= await startEmulator({ directory: join(this.stateDirectory, "emulator"), countTokens });
    const view = new EmulatorView(this.#emulator.url);
    await view.untilIdle();
    return view;
  }

  #comparable(content: string): readonly string[] {
    const lines = withoutIds(content).split("\n");
    return this.#options.isOrdered === false ? lines.sort() : lines;
  }

  async close(): Promise<void> {
    const ends = [...this.#children].map(({ ended }) => ended);
    for (const child of this.#children) child.kill("SIGKILL");
    await Promise.allSettled(ends);
    await this.#emulator?.close();
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Runs something in a world of its own. */
export async function inWorld<T>(options: WorldOptions, work: (world: World) => Promise<T>): Promise<T> {
  const world = await World.create(options);
  try {
    return await work(world);
  } finally {
    await world.close();
  }
}

/** Ids of batches are the provider's own, and those of requests depend on its address. */
function withoutIds(content: string): string {
  return content.replace(/batch_[0-9a-f]{12,}/g, "batch_…").replace(/bgp-[\w-]{27}/g, "bgp-…");
}

/** What a bill amounts to is compared only; this is quicker than the tokenizer. */
function countTokens(_model: string, content: string): number {
  return Math.ceil(content.length / 4);
}

const SCHEMA = JSON.stringify({
  type: "object",
  properties: { score: { type: "integer" } },
  required: ["score"],
  additionalProperties: false,
});
