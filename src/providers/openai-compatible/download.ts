import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "../../core/clock.ts";
import { messageOf, OutputError, systemCodeOf } from "../../core/errors.ts";
import { ProviderError } from "../provider-error.ts";

/** A body that brings nothing for so long is given up; the SDK's timeout ends with the headers. */
const STALL_MS = 60_000;

export interface DownloadOptions {
  readonly path: string;
  /** The size the provider says the file has. */
  readonly expectedBytes: number | undefined;
  readonly clock: Clock;
}

/**
 * Writes a response's body to disk under a temporary name, checks its size, and renames it when it is whole and
 * durable. Large result files are known to be cut in transfer without an error.
 *
 * @returns bytes written
 * @throws {ProviderError} `unavailable` for a body that stalls, breaks or has the wrong size
 */
export async function saveBody(response: Response, { path, expectedBytes, clock }: DownloadOptions): Promise<number> {
  try {
    const written = await writePartial(unlessStalled(response, clock), `${path}.part`);
    checkSize(written, expectedBytes ?? lengthOf(response), path);
    await rename(`${path}.part`, path);
    await syncDirectory(dirname(path));
    return written;
  } catch (error) {
    throw asDownloadError(error, path);
  }
}

/** @returns bytes written, all of them on the disk */
async function writePartial(body: AsyncIterable<Uint8Array>, path: string): Promise<number> {
  const file = await open(path, "w");
  let written = 0;
  try {
    for await (const piece of body) {
      // One write may take less than it is given, on a disk that is about to be full.
      for (let done = 0; done < piece.byteLength; ) done += (await file.write(piece, done)).bytesWritten;
      written += piece.byteLength;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return written;
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

function checkSize(written: number, expected: number | undefined, path: string): void {
  if (expected === undefined || expected === written) return;
  throw new ProviderError("unavailable", `${path}: ${written} of ${expected} bytes arrived`);
}

function lengthOf(response: Response): number | undefined {
  if (response.headers.has("content-encoding")) return undefined;
  const length = Number.parseInt(response.headers.get("content-length") ?? "", 10);
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
