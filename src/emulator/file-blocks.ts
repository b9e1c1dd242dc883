import { open } from "node:fs/promises";
import type { ServerResponse } from "node:http";

const BLOCK_BYTES = 256 * 1024;

/**
 * Reads a file in blocks, all into the same buffer: a block is overwritten by the next. A read stream would make a
 * new buffer each time, and tens of megabytes of them before any is collected.
 */
export async function* readBlocks(path: string): AsyncGenerator<Buffer> {
  const handle = await open(path, "r");
  try {
    const buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, BLOCK_BYTES);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** Sends a file as a response's body, each block when the one before has left the process. */
export async function sendFile(path: string, response: ServerResponse): Promise<void> {
  for await (const block of readBlocks(path)) await send(block, response);
  response.end();
}

/** @throws when the client goes away first. */
function send(block: Buffer, response: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = () => reject(new Error("The client has closed the connection."));
    response.once("close", onClose);
    response.write(block, (error) => {
      response.off("close", onClose);
      if (error) reject(error);
      else resolve();
    });
  });
}
