import { readFileSync, writeFileSync } from "node:fs";
import { durableStep } from "../../../src/core/failpoints.ts";
import type { Batch, BatchRange, CreateBatch, Provider } from "../../../src/providers/provider.ts";
import { ProviderError } from "../../../src/providers/provider-error.ts";
import type { Execution } from "./execution.ts";
import { IDENTITY } from "./questions.ts";
import type { World } from "./world.ts";

/** How a call goes wrong. What is "late" is done just before the caller gives up. */
export const CALL_FAULTS = ["request lost", "reply lost", "late, reply lost", "late", "rate limited"] as const;
export type CallFault = (typeof CALL_FAULTS)[number];
export const OPERATIONS = ["upload", "findUpload", "createBatch", "findBatch", "retrieveBatch", "download"] as const;
export type Operation = (typeof OPERATIONS)[number] | "deleteFile";

const TIMEOUT_MS = 60_000;
const LATE_MS = 55_000;
const LONGEST_TRIP_MS = 400;

/** The server as one execution sees it, at the far end of a network. What has left the process happens in any case. */
export class ServerHandle implements Provider {
  readonly name = IDENTITY;
  readonly identity = IDENTITY;
  readonly limits = { requestsPerBatch: 1_000, bytesPerBatch: 1_000_000 };
  readonly poll = { firstMs: 5_000, maxMs: 120_000, createTimeoutMs: TIMEOUT_MS, listLagMs: 60_000 };
  wasReached = false;
  readonly #world: World;
  readonly #execution: Execution;
  readonly #signal: AbortSignal;

  constructor(world: World, execution: Execution, signal: AbortSignal) {
    this.#world = world;
    this.#execution = execution;
    this.#signal = signal;
  }

  respond(): Promise<never> {
    return Promise.reject(new Error("nobody is asked live here"));
  }

  upload(path: string, name: string): Promise<string> {
    const text = readFileSync(path, "utf8");
    return this.#call("upload", () => this.#world.server.upload(name, text));
  }

  findUpload(name: string): Promise<string | undefined> {
    return this.#call("findUpload", () => this.#world.server.findUpload(name));
  }

  createBatch({ inputFileId, chunkName }: CreateBatch): Promise<Batch> {
    const { number } = this.#execution;
    return this.#call("createBatch", () => this.#world.server.create(inputFileId, chunkName, number));
  }

  findBatch(chunkName: string, among: BatchRange): Promise<Batch | undefined> {
    return this.#call("findBatch", () => this.#world.server.find(chunkName, among));
  }

  async retrieveBatch(id: string): Promise<Batch> {
    const batch = await this.#call("retrieveBatch", () => this.#world.server.retrieve(id));
    const isTooMuch = batch.errors.some(({ code }) => code === "token_limit_exceeded");
    if (isTooMuch) this.#execution.onLimit(this.#world.server.tokenLimit);
    return batch;
  }

  cancelBatch(id: string): Promise<Batch> {
    return this.retrieveBatch(id);
  }

  async download(fileId: string, path: string): Promise<number> {
    const text = await this.#call("download", () => this.#world.server.download(fileId));
    durableStep("result-file.rename", () => writeFileSync(path, text));
    return Buffer.byteLength(text);
  }

  deleteFile(fileId: string): Promise<void> {
    return this.#call("deleteFile", () => this.#world.server.delete(fileId));
  }

  async close(): Promise<void> {}

  async #call<T>(operation: Operation, work: () => T): Promise<T> {
    this.#execution.throwIfDead();
    this.#signal.throwIfAborted();
    const { clock, faults, outageUntil } = this.#world;
    const fault = clock.now() < outageUntil ? "request lost" : faults.get(operation)?.shift();
    if (fault !== undefined) this.#world.note(`${this.#execution.label}: ${operation}: ${fault}`);
    if (fault === "request lost") return this.#fail(this.#trip(), "unavailable");
    if (fault === "rate limited") return this.#fail(this.#trip(), "rate_limited");
    const goingMs = fault?.startsWith("late") ? LATE_MS : this.#trip();
    const reply = this.#send(work, goingMs);
    if (fault?.endsWith("reply lost")) return this.#fail(TIMEOUT_MS, "unavailable");
    await this.#wait(goingMs + this.#trip());
    this.wasReached = true;
    return reply();
  }

  /** Sends a request that arrives in any case. @returns what opens the reply */
  #send<T>(work: () => T, goingMs: number): () => T {
    let open = (): T => {
      throw new Error("the reply came before the request");
    };
    this.#world.clock.after(goingMs, () => {
      try {
        const value = work();
        open = () => value;
      } catch (error) {
        open = () => {
          throw error;
        };
      }
    });
    return () => open();
  }

  async #fail(delayMs: number, kind: "unavailable" | "rate_limited"): Promise<never> {
    await this.#wait(delayMs);
    this.wasReached ||= kind === "rate_limited";
    throw new ProviderError(kind, "it did not work out");
  }

  #trip(): number {
    return 1 + Math.floor(this.#world.random() * LONGEST_TRIP_MS);
  }

  #wait(milliseconds: number): Promise<void> {
    return this.#execution.clock.sleep(milliseconds, this.#signal);
  }
}
