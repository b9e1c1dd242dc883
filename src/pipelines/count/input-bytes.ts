import type { Input } from "../../io/input.ts";

export interface InputBytesOptions {
  readonly signal: AbortSignal;
  /** Told of all that is read. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * An input's bytes, decompressed, up to its end or the signal.
 *
 * @throws the signal's reason when it aborts
 */
export async function* inputBytes(input: Input, { signal, onBytes }: InputBytesOptions): AsyncGenerator<Uint8Array> {
  // Reading from a pipe that brings nothing would outlast any signal.
  const close = () => void input.close();
  signal.addEventListener("abort", close, { once: true });
  try {
    for await (const bytes of input) {
      signal.throwIfAborted();
      onBytes(bytes.byteLength);
      yield bytes;
    }
    // An input that ends after a signal (its writer was stopped, too) is not a complete one.
    signal.throwIfAborted();
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener("abort", close);
    await input.close();
  }
}
