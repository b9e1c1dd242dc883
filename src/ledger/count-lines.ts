import { createReadStream } from "node:fs";

const NEWLINE = 0x0a;

/** Lines of a file, an unfinished last one included. 0 when there is no such file. */
export async function countLines(path: string): Promise<number> {
  let lines = 0;
  let lastByte = NEWLINE;
  try {
    for await (const block of createReadStream(path) as AsyncIterable<Buffer>) {
      for (let at = block.indexOf(NEWLINE); at !== -1; at = block.indexOf(NEWLINE, at + 1)) lines++;
      lastByte = block.at(-1) ?? lastByte;
    }
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return 0;
    throw error;
  }
  return lastByte === NEWLINE ? lines : lines + 1;
}
