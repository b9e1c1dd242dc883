import { open, rename } from "node:fs/promises";
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
  const partial = `${path}.part`;
  const file = await open(partial, "w");
  let written = 0;
  try {
    for await (const piece of unlessStalled(response, clock)) {
      await file.write(piece);
      written += piece.byteLength;
    }
    await file.sync();
  } catch (error) {
    throw asDownloadError(error, path);
  } finally {
    await file.close();
  }
  checkSize(written, expectedBytes ?? lengthOf(response), path);
  await rename(partial, path);
  return written;
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
  const code = systemCodeOf(error);
  if (code !== undefined && ["ENOSPC", "EIO", "EDQUOT", "EFBIG", "EROFS"].includes(code)) {
    return new OutputError("cannotWrite", `cannot write ${path}: ${messageOf(error)}`, {
      hint: "Make room on the disk of --state-dir, then run the same command again; what was paid for is kept.",
      cause: error,
    });
  }
  if (error instanceof ProviderError) return error;
  if (error instanceof Error && error.name === "AbortError") return error;
  return new ProviderError("unavailable", `the download broke off: ${messageOf(error)}`, { cause: error });
}
