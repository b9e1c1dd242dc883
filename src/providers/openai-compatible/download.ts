import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "../../core/clock.ts";
import { messageOf, OutputError, systemCodeOf } from "../../core/errors.ts";
import { durableStepAsync } from "../../core/failpoints.ts";
import type { Logger } from "../../core/logger.ts";
import { ProviderError } from "../provider-error.ts";
import { PartialFile } from "./partial-file.ts";
import { isWhole, type Transfer } from "./transfer.ts";

/** A body that brings nothing for so long is given up; the SDK's timeout ends with the headers. */
const STALL_MS = 60_000;
/** A body that is longer than twice what was told and this is not read to its end, if it has one. */
const SURPLUS_BYTES = 1 << 26;

export interface DownloadOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * The download of one result file, in as many tries as it takes. Large ones are known to be cut in transfer without an
 * error, so each try begins anew and is checked.
 */
export class Download {
  readonly #options: DownloadOptions;
  #previous: Transfer | undefined;

  constructor(options: DownloadOptions) {
    this.#options = options;
  }

  /**
   * Writes a response's body to disk under a temporary name, checks that it is whole, and renames it when it is durable.
   *
   * @param toldBytes The size the provider says the file has.
   * @returns bytes written
   * @throws {ProviderError} `unavailable` for a body that stalls, breaks, has the wrong size or is a web page
   * @throws {OutputError} when the disk cannot be written
   */
  async save(response: Response, toldBytes: number | undefined): Promise<number> {
    const { path } = this.#options;
    try {
      refusePage(response);
      const transfer = await this.#transfer(response, toldBytes);
      this.#check(transfer);
      await durableStepAsync("result-file.rename", () => finishFile(path));
      return transfer.bytes;
    } catch (error) {
      await response.body?.cancel().catch(() => {});
      await rm(`${path}.part`, { force: true }).catch(() => {});
      throw asDownloadError(error, path);
    }
  }

  async #transfer(response: Response, toldBytes: number | undefined): Promise<Transfer> {
    const { path, clock } = this.#options;
    const maxBytes = toldBytes ? 2 * toldBytes + SURPLUS_BYTES : Number.POSITIVE_INFINITY;
    const partial = await PartialFile.create(`${path}.part`);
    try {
      for await (const piece of unlessStalled(response, clock)) {
        // Results are JSON Lines: what begins with `<` is a proxy's page, or a store's error in XML.
        if (partial.bytes === 0 && piece[0] === LESS_THAN) throw pageInstead();
        if (partial.bytes > maxBytes)
          throw new ProviderError("unavailable", `${path}: far more came than ${toldBytes} bytes`);
        await partial.append(piece);
      }
      await partial.sync();
    } finally {
      await partial.close();
    }
    return { bytes: partial.bytes, endsLine: partial.endsLine, headerBytes: lengthOf(response), toldBytes };
  }

  #check(transfer: Transfer): void {
    const { path, log } = this.#options;
    const { bytes, toldBytes } = transfer;
    const previous = this.#previous;
    this.#previous = transfer;
    if (!isWhole(transfer, previous)) throw new ProviderError("unavailable", `${path}: ${doubtOf(transfer)}`);
    if (toldBytes && bytes !== toldBytes) log.warn("file.size_differs", { path, bytes, toldBytes });
  }
}

function doubtOf({ bytes, toldBytes }: Transfer): string {
  return toldBytes ? `${bytes} of ${toldBytes} bytes arrived` : `${bytes} bytes arrived, in which no last line ends`;
}

const LESS_THAN = 0x3c;

function refusePage({ headers }: Response): void {
  if (/\bhtml\b/i.test(headers.get("content-type") ?? "")) throw pageInstead();
}

function pageInstead(): ProviderError {
  return new ProviderError("unavailable", "a web page came instead of the file");
}

async function finishFile(path: string): Promise<void> {
  await rename(`${path}.part`, path);
  await syncDirectory(dirname(path));
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function* unlessStalled(response: Response, clock: Clock): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await within(STALL_MS, clock, reader.read());
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** @throws {ProviderError} when the work takes longer */
async function within<T>(milliseconds: number, clock: Clock, work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const stalled = clock.sleep(milliseconds, timer.signal).then(() => {
    throw new ProviderError("unavailable", `nothing came for ${milliseconds / 1000} s`);
  });
  stalled.catch(() => {});
  try {
    return await Promise.race([work, stalled]);
  } finally {
    timer.abort();
  }
}

function lengthOf({ headers }: Response): number | undefined {
  const length = Number.parseInt(headers.get("content-length") ?? "", 10);
  return Number.isFinite(length) ? length : undefined;
}

function asDownloadError(error: unknown, path: string): unknown {
  if (error instanceof ProviderError || (error instanceof Error && error.name === "AbortError")) return error;
  // The file system's errors name a system call, the network's do not come through here as such.
  if (error instanceof Error && "syscall" in error && FILE_CALLS.has(String(error.syscall))) {
    const kind = systemCodeOf(error) === "ENOENT" ? "cannotCreate" : "cannotWrite";
    return new OutputError(kind, `cannot write ${path}: ${messageOf(error)}`, {
      hint: "Make room on the disk of --state-dir, then run the same command again; what was paid for is kept.",
      cause: error,
    });
  }
  return new ProviderError("unavailable", `the download broke off: ${messageOf(error)}`, { cause: error });
}

const FILE_CALLS: ReadonlySet<string> = new Set(["open", "write", "fsync", "rename", "close"]);
